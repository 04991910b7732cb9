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

from host_bridge.protocol import Check
from host_bridge.relay import SCRIPT, exchange_folder, lua

ScriptHost = Literal["resolve", "reaper"]
#: What the artist reads in the menu, and what the entry stands for.
ENTRIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "cuelock - sound for my marks": {"do": "render"},
        "cuelock - new texture under my marks": {"do": "regenerate"},
        "cuelock - mark the events": {"do": "markers"},
    }
)
_NAMES: Mapping[ScriptHost, str] = MappingProxyType(
    {"resolve": "DaVinci Resolve", "reaper": "REAPER"}
)


class Entry(NamedTuple):
    path: Path
    text: str


def entries(host: ScriptHost, system: str = sys.platform) -> tuple[Entry, ...]:
    """The files of a host's entries, where the host of this system looks for them."""
    folder = menu_folder(host, system)
    return tuple(Entry(folder / f"{name}.lua", _text(host, want)) for name, want in ENTRIES.items())


def install(host: ScriptHost) -> tuple[Path, ...]:
    """Write a host's entries, over older ones of ours."""
    for entry in entries(host):
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        entry.path.write_text(entry.text, encoding="utf-8")
    return tuple(entry.path for entry in entries(host))


def check(host: ScriptHost) -> Check:
    """Whether a host's entries are there and name this cuelock."""
    name = _NAMES[host]
    application = menu_folder(host).parents[2 if host == "resolve" else 1]
    if not application.is_dir():
        return Check(
            name=name,
            state="warn",
            detail=f"{application} is not there",
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


def menu_folder(host: ScriptHost, system: str = sys.platform) -> Path:
    """Where a host looks for a user's scripts. Resolve shows those of Utility on every page."""
    user = Path.home()
    roaming = Path(os.environ.get("APPDATA", str(user / "AppData" / "Roaming")))
    if host == "reaper":
        resources = {
            "darwin": user / "Library" / "Application Support" / "REAPER",
            "win32": roaming / "REAPER",
        }.get(system, user / ".config" / "REAPER")
        return resources / "Scripts" / "cuelock"
    resolve = {
        "darwin": user / "Library" / "Application Support" / "Blackmagic Design"
        / "DaVinci Resolve",
        "win32": roaming / "Blackmagic Design" / "DaVinci Resolve" / "Support",
    }.get(system, user / ".local" / "share" / "DaVinciResolve")  # fmt: skip
    return resolve / "Fusion" / "Scripts" / "Utility"


def _text(host: ScriptHost, want: Mapping[str, Any]) -> str:
    bridge = Path(__file__).parents[1] / host / "cuelock.lua"
    settings = {
        "relay": str(SCRIPT),
        "folder": exchange_folder().as_posix(),
        "command": f'"{sys.executable}" -m engine.cli',
        "want": dict(want),
    }
    return (
        f"-- Put here by `cuelock hosts install {host}`; written anew by it.\n"
        f"dofile({lua(str(bridge))})({lua(settings)})\n"
    )
