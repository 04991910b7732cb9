"""Which presets there are: the shipped ones beside this file, the user's in the home folder."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import PresetReport
from presets.schema import Preset, parse_preset, refusal

_SHIPPED = Path(__file__).resolve().parent


def key_of(name: str) -> str:
    """The name as files and commands spell it.

    >>> key_of("Footsteps on gravel")
    'footsteps-on-gravel'
    """
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def files() -> dict[str, Path]:
    """Key -> file, sorted by key; a user's preset hides a shipped one of the same key."""
    found: dict[str, Path] = {}
    for folder in (_SHIPPED, home() / "presets"):
        found |= {file.stem: file for file in folder.glob("*.toml")}
    return dict(sorted(found.items()))


def load(name: str) -> Preset:
    """The preset of that name, in any spelling that key_of takes as the same.

    Raises CuelockError request.preset when there is none or its file is not valid.
    """
    known = files()
    key = key_of(name)
    if key not in known:
        near = difflib.get_close_matches(key, known, n=3)
        raise CuelockError(
            "request.preset",
            f"There is no preset named {name!r}.",
            hint=f"Near it: {', '.join(near)}." if near else "`cuelock presets list` names them.",
        )
    return read(known[key])


def read(path: Path) -> Preset:
    """Read one preset file; its name and the file's must be the same key.

    Raises CuelockError request.preset.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise refusal(str(path), f"it cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise refusal(str(path), "it is not UTF-8 text") from error
    preset = parse_preset(text, str(path))
    if path.stem != key_of(preset.name):
        raise refusal(
            str(path), f"a preset named {preset.name!r} belongs in {key_of(preset.name)}.toml"
        )
    return preset


def report(path: Path) -> PresetReport:
    """What a preset file says, with its place.

    Raises CuelockError request.preset.
    """
    return PresetReport(
        path=str(path),
        shipped=path.resolve().parent == _SHIPPED,
        **msgspec.structs.asdict(read(path)),
    )
