"""What bundles are there: shipped ones beside this file, the user's under the home folder."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated

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


class Adaptation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """bundle.toml of an adapter: its one part changes the generator of the bundle `base`.

    base_sha256: of the generator it was learned on, for it fits no other. strength: how much of
    what was learned is put in, 0..1; with less, less of the base is forgotten.
    """

    name: str
    format: int
    licence: str
    base: str
    base_sha256: str
    strength: Annotated[float, msgspec.Meta(ge=0, le=1)]
    parts: dict[str, Part]


def folders() -> dict[str, Path]:
    """Bundle name -> folder; a user's bundle hides a shipped one of the same name."""
    found: dict[str, Path] = {}
    for place in (_SHIPPED, home() / "bundles"):
        if place.is_dir():
            found |= {file.parent.name: file.parent for file in sorted(place.glob("*/bundle.toml"))}
    return found


def manifest(name: str) -> tuple[Path, Manifest | Adaptation]:
    """Folder and manifest of a bundle.

    Raises CuelockError bundle.missing when there is none or it adapts one that is not there,
    bundle.format when it cannot be used, bundle.checksum when it adapts another than is there.
    """
    folder, read = _read(name)
    if isinstance(read, Adaptation):
        base = adapted(read)
        if base.parts["generator"].sha256 != read.base_sha256:
            raise CuelockError(
                "bundle.checksum",
                f"Bundle {name!r} was learned on another {read.base!r} than is here.",
                hint="Learn it again: cuelock train adapt.",
            )
    return folder, read


def adapted(adaptation: Adaptation) -> Manifest:
    """The manifest of what an adapter changes. Raises as manifest does."""
    if adaptation.base not in folders():
        raise CuelockError(
            "bundle.missing",
            f"Bundle {adaptation.name!r} adapts {adaptation.base!r}, which is not installed.",
            hint=f"Put the bundle {adaptation.base!r} into {home() / 'bundles'}.",
        )
    return whole(adaptation.base)


def whole(name: str) -> Manifest:
    """The manifest of a bundle that is no adapter, which bundle.format says it must not be."""
    read = _read(name)[1]
    if isinstance(read, Adaptation):
        raise CuelockError(
            "bundle.format",
            f"Bundle {name!r} is an adapter itself, and adapters do not stand on each other.",
            hint=f"Name {read.base!r}, which it adapts.",
        )
    return read


def _read(name: str) -> tuple[Path, Manifest | Adaptation]:
    folder = _folder(name)
    try:
        document = tomllib.loads((folder / "bundle.toml").read_text())
        read = msgspec.convert(document, Adaptation if "base" in document else Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _unusable(name, f"its bundle.toml is not valid ({error})") from error
    if read.format != FORMAT:
        raise _unusable(name, f"it has format {read.format}, this cuelock reads {FORMAT}")
    missing = [part.file for part in read.parts.values() if not (folder / part.file).is_file()]
    if missing:
        raise _unusable(name, f"{', '.join(missing)} is not there")
    return folder, read


def _folder(name: str) -> Path:
    known = folders()
    if name not in known:
        raise CuelockError(
            "bundle.missing",
            f"There is no bundle named {name!r}.",
            hint=f"Installed bundles: {', '.join(sorted(known)) or 'none'}.",
        )
    return known[name]


def verified(name: str) -> tuple[Path, Manifest | Adaptation]:
    """As manifest, with every part's SHA-256 checked; an adapter's base is checked by itself.

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
