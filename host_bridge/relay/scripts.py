"""The entries that `cuelock hosts install` puts into a host's menu of scripts.

Each is a few lines that name where cuelock is and what the entry stands for; what they do is read
from cuelock's own folder, so that a newer cuelock needs no new scripts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Mapping, NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.protocol import Check
from host_bridge.relay import SCRIPT, exchange_folder, lua

ScriptHost = Literal["resolve", "reaper", "ardour", "blender"]
#: What the artist reads in the menu, and what the entry stands for.
ENTRIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "cuelock - sound for my marks": {"do": "render"},
        "cuelock - new texture under my marks": {"do": "regenerate"},
        "cuelock - mark the events": {"do": "markers"},
        "cuelock - open the panel": {"do": "panel"},
    }
)
_NAMES: Mapping[ScriptHost, str] = MappingProxyType(
    {
        "resolve": "DaVinci Resolve",
        "reaper": "REAPER",
        "ardour": "Ardour",
        "blender": "Blender",
    }
)
#: Where a host looks for a user's scripts within a folder of its own. Resolve shows those of
#: Utility on every page.
_MENUS: Mapping[ScriptHost, str] = MappingProxyType(
    {
        "resolve": "Fusion/Scripts/Utility",
        "reaper": "Scripts/cuelock",
        "ardour": "scripts",
        "blender": "scripts/addons",
    }
)
_ROOMS = Path(__file__).parents[1]


class Entry(NamedTuple):
    path: Path
    text: str


def entries(host: ScriptHost, system: str = sys.platform) -> tuple[Entry, ...]:
    """The files of a host's entries, where the host of this system looks for them."""
    return tuple(
        Entry(folder / _MENUS[host] / name, text)
        for folder in folders(host, system)
        for name, text in texts(host).items()
    )


def install(host: ScriptHost) -> tuple[Path, ...]:
    """Write a host's entries, over older ones of ours. Raises CuelockError host.missing."""
    wanted = entries(host)
    if not wanted:
        raise CuelockError(
            "host.missing",
            f"{_NAMES[host]} has no folder of its own here.",
            hint=f"Where {_NAMES[host]} is installed, start it once; it makes its folders then.",
        )
    for entry in wanted:
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        entry.path.write_text(entry.text, encoding="utf-8")
    return tuple(entry.path for entry in wanted)


def check(host: ScriptHost) -> Check:
    """Whether a host's entries are there and name this cuelock."""
    name = _NAMES[host]
    if not any(folder.is_dir() for folder in folders(host)):
        return Check(
            name=name,
            state="warn",
            detail=f"no folder of {name} is there",
            remedy=f"Where {name} is installed, start it once; it makes its folders then.",
        )
    wanted = entries(host)
    old = [e for e in wanted if not e.path.is_file() or e.path.read_text("utf-8") != e.text]
    if old:
        return Check(
            name=name,
            state="fail",
            detail=f"{old[0].path} is not there or names another cuelock",
            remedy=f"Run `cuelock hosts install {host}` and start {name} again.",
        )
    return Check(name=name, state="ok", detail=str(wanted[0].path.parent))


def folders(host: ScriptHost, system: str = sys.platform) -> tuple[Path, ...]:
    """A host's own folders of this user, of each version that has made one."""
    user = Path.home()
    roaming = Path(os.environ.get("APPDATA", str(user / "AppData" / "Roaming")))
    shared = user / "Library" / "Application Support"
    if host == "blender":
        versions = {"darwin": shared / "Blender", "win32": roaming / "Blender Foundation/Blender"}
        return tuple(sorted(versions.get(system, user / ".config" / "blender").glob("*.*")))
    if host == "ardour":
        local = Path(os.environ.get("LOCALAPPDATA", str(user / "AppData" / "Local")))
        versions = {"darwin": user / "Library" / "Preferences", "win32": local}
        return tuple(sorted(versions.get(system, user / ".config").glob("[Aa]rdour[0-9]*")))
    if host == "reaper":
        resources = {"darwin": shared / "REAPER", "win32": roaming / "REAPER"}
        return (resources.get(system, user / ".config" / "REAPER"),)
    resolve = {
        "darwin": shared / "Blackmagic Design" / "DaVinci Resolve",
        "win32": roaming / "Blackmagic Design" / "DaVinci Resolve" / "Support",
    }
    return (resolve.get(system, user / ".local" / "share" / "DaVinciResolve"),)


def texts(host: ScriptHost) -> Mapping[str, str]:
    """A host's entries, by the names of their files."""
    if host == "blender":
        text = (_ROOMS / "blender" / "entry.py").read_text(encoding="utf-8")
        command = [sys.executable, "-m", "engine.cli"]
        text = text.replace("COMMAND = []", f"COMMAND = {command!r}")
        return {"cuelock.py": text.replace('ROOMS = ""', f"ROOMS = {str(_ROOMS)!r}")}
    return {f"{name}.lua": _lua_entry(host, name, want) for name, want in ENTRIES.items()}


def _lua_entry(host: ScriptHost, name: str, want: Mapping[str, Any]) -> str:
    settings = {
        "relay": str(SCRIPT),
        "folder": exchange_folder().as_posix(),
        "command": f'"{sys.executable}" -m engine.cli',
        "want": dict(want),
    }
    bridge = lua(str(_ROOMS / host / "cuelock.lua"))
    head = f"-- Put here by `cuelock hosts install {host}`; written anew by it.\n"
    if host == "ardour":
        return head + _ARDOURS.format(name=lua(name), bridge=bridge, settings=lua(settings))
    return f"{head}dofile({bridge})({lua(settings)})\n"


#: Ardour lists what names itself an editor action, and has no dofile.
_ARDOURS = """ardour {{ ["type"] = "EditorAction", name = {name}, author = "cuelock" }}

function factory()
  return function()
    local function run(path)
      local file = assert(io.open(path, "rb"))
      local text = file:read("*a")
      file:close()
      return assert(load(text, path))()
    end
    run({bridge})({settings}, run)
  end
end
"""
