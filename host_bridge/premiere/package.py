"""The panel as a .ccx: a zip of its page, with the word of where this cuelock keeps its things.

A panel can neither read the environment nor start a program. So what finds the gateway is written
beside the page when it is packaged, for this user alone.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import Check

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
        _add(file, "home.json", json.dumps({"home": home().absolute().as_posix()}).encode())
    return packed.getvalue()


def place_of_ccx() -> Path:
    return home() / "hosts" / "cuelock_premierepro.ccx"


def install() -> tuple[Path, ...]:
    """Write the package, over an older one; a double click on it installs the panel."""
    path, packed = place_of_ccx(), ccx()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(packed)
    part.replace(path)
    return (path,)


def check() -> Check:
    """Whether the package is there and this cuelock's. What was done with it is not seen."""
    if not any(applications()):
        return Check(
            name=_NAME,
            state="warn",
            detail="it is not installed here",
            remedy="Premiere Pro 25.6 or later runs on macOS and Windows.",
        )
    path = place_of_ccx()
    if not path.is_file() or path.read_bytes() != ccx():
        return Check(
            name=_NAME,
            state="fail",
            detail=f"{path} is not there or of another cuelock",
            remedy="Run `cuelock hosts install premiere` and double-click the file it names.",
        )
    return Check(name=_NAME, state="ok", detail=str(path))


def applications(system: str = sys.platform) -> tuple[Path, ...]:
    """Premiere's own folders on this machine."""
    folder = Path("/Applications" if system == "darwin" else "C:/Program Files/Adobe")
    return tuple(sorted(folder.glob("Adobe Premiere*")))


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _THE_SAME_ALWAYS)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, content)
