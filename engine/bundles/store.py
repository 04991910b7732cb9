"""What bundles are there: shipped ones beside this file, the user's under the home folder."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import msgspec

from engine.generate.shapes import DenoiserShape, VocoderShape
from engine.melqcd.spec import MelSpec
from host_bridge.errors import CuelockError
from host_bridge.home import home

FORMAT = 1
_SHIPPED = Path(__file__).parent


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One weight file of a bundle: name, number format, checksum, licence, what it learned from."""

    file: str
    dtype: str
    sha256: str
    licence: str
    data: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """bundle.toml. steps: solver steps when a request names none."""

    name: str
    format: int
    licence: str
    steps: int
    mel: MelSpec
    denoiser: DenoiserShape
    vocoder: VocoderShape
    parts: dict[str, Part]


def folders() -> dict[str, Path]:
    """Bundle name -> folder; a user's bundle hides a shipped one of the same name."""
    found: dict[str, Path] = {}
    for place in (_SHIPPED, home() / "bundles"):
        if place.is_dir():
            found |= {file.parent.name: file.parent for file in sorted(place.glob("*/bundle.toml"))}
    return found


def manifest(name: str) -> tuple[Path, Manifest]:
    """Folder and manifest of a bundle.

    Raises CuelockError bundle.missing when there is none, bundle.format when it cannot be used.
    """
    known = folders()
    if name not in known:
        raise CuelockError(
            "bundle.missing",
            f"There is no bundle named {name!r}.",
            hint=f"Installed bundles: {', '.join(sorted(known)) or 'none'}.",
        )
    folder = known[name]
    try:
        read = msgspec.convert(tomllib.loads((folder / "bundle.toml").read_text()), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _unusable(name, f"its bundle.toml is not valid ({error})") from error
    if read.format != FORMAT:
        raise _unusable(name, f"it has format {read.format}, this cuelock reads {FORMAT}")
    missing = [part.file for part in read.parts.values() if not (folder / part.file).is_file()]
    if missing:
        raise _unusable(name, f"{', '.join(missing)} is not there")
    return folder, read


def verified(name: str) -> tuple[Path, Manifest]:
    """As manifest, with every part's SHA-256 checked.

    Raises CuelockError bundle.checksum too.
    """
    folder, read = manifest(name)
    for part in read.parts.values():
        if sha256(folder / part.file) != part.sha256:
            raise CuelockError(
                "bundle.checksum",
                f"{part.file} of bundle {name!r} is not the file the bundle was made with.",
                hint="Install the bundle again.",
            )
    return folder, read


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unusable(name: str, why: str) -> CuelockError:
    return CuelockError(
        "bundle.format", f"Bundle {name!r} cannot be used: {why}.", hint="Install the bundle again."
    )
