"""The panel as a .ccx: a zip of its page, with the word of where this cuelock keeps its things.

A panel can neither read the environment nor run a command; it can open a file that its user lets it
open. So where the gateway is found is written beside the page when it is packaged, for this user
alone, and what starts the gateway is such a file.
"""

from __future__ import annotations

import io
import json
import shlex
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import Check

_SHELL = """#!/bin/sh
export CUELOCK_HOME={home}
nohup {python} -m engine.cli engine gateway >/dev/null 2>&1 &
"""
_CMD = """@echo off
set "CUELOCK_HOME={home}"
start "" /b "{python}" -m engine.cli engine gateway
"""

_PRESET = "MediaIO/systempresets/4E49434B_48323634/*Match Source - High bitrate.epr"
PANEL = Path(__file__).with_name("panel")
_NAME = "Premiere Pro"
_THE_SAME_ALWAYS = (2026, 1, 1, 0, 0, 0)  # no time stamp: the same panel is the same file


def ccx() -> bytes:
    """The package. Raises CuelockError engine.dependency when the page is not built."""
    if not (PANEL / "index.js").is_file():
        raise CuelockError(
            "engine.dependency",
            "The panel for Premiere is not built.",
            hint="Run `make premiere` in cuelock's folder (it needs npm), or install a wheel of "
            "cuelock: it holds the built panel.",
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in PANEL.rglob("*") if path.is_file()):
            _add(file, path.relative_to(PANEL).as_posix(), path.read_bytes())
        found = {
            "home": home().absolute().as_posix(),
            "starter": str(starter().path),
            "preset": preset(),
        }
        _add(file, "home.json", json.dumps(found).encode())
    return packed.getvalue()


class Starter(NamedTuple):
    """A file that starts this cuelock's gateway when it is opened, and leaves it running."""

    path: Path
    text: str


def starter(system: str = sys.platform) -> Starter:
    folder = home().absolute() / "hosts"
    if system == "win32":
        # With the window's Python no console stays open.
        python = Path(sys.executable).with_name("pythonw.exe")
        return Starter(
            folder / "start-cuelock.cmd", _CMD.format(home=home().absolute(), python=python)
        )
    quoted = {"home": shlex.quote(str(home().absolute())), "python": shlex.quote(sys.executable)}
    return Starter(folder / "start-cuelock.command", _SHELL.format(**quoted))


def place_of_ccx() -> Path:
    return home() / "hosts" / "cuelock_premierepro.ccx"


def install() -> tuple[Path, ...]:
    """Write the package, over an older one, and what starts the gateway.

    A double click on the package, which comes first, installs the panel.
    """
    path, packed, start = place_of_ccx(), ccx(), starter()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(packed)
    part.replace(path)
    start.path.write_text(start.text, encoding="utf-8")
    start.path.chmod(0o700)
    return path, start.path


def check() -> Check:
    """Whether the package is there and this cuelock's. What was done with it is not seen."""
    if not any(applications()):
        return Check(
            name=_NAME,
            state="warn",
            detail="it is not installed here",
            remedy="Premiere Pro 25.6 or later runs on macOS and Windows.",
        )
    path, start = place_of_ccx(), starter()
    old = not path.is_file() or path.read_bytes() != ccx()
    if old or not start.path.is_file() or start.path.read_text("utf-8") != start.text:
        return Check(
            name=_NAME,
            state="fail",
            detail=f"{path} is not there or of another cuelock",
            remedy="Run `cuelock hosts install premiere` and double-click the file it names.",
        )
    return Check(name=_NAME, state="ok", detail=str(path))


def preset() -> str:
    """Premiere's own preset for a movie as the sequence is, of its newest version; "" for none.

    H.264, by the four-letter codes of its format and of Adobe's exporter.
    """
    found = (
        path.as_posix()
        for application in reversed(applications())
        for inside in ("", "*.app/Contents/")
        for path in sorted(application.glob(inside + _PRESET))
    )
    return next(found, "")


def applications(system: str = sys.platform) -> tuple[Path, ...]:
    """Premiere's own folders on this machine."""
    folder = Path("/Applications" if system == "darwin" else "C:/Program Files/Adobe")
    return tuple(sorted(folder.glob("Adobe Premiere*")))


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _THE_SAME_ALWAYS)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, content)
