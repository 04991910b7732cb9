"""What bundles are there: shipped ones beside this file, the user's under the home folder."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.generate.shapes import (
    AutoencoderShape,
    ClipImageShape,
    ClipTextShape,
    DenoiserShape,
    HifiGanShape,
    InversionShape,
    LatentDenoiserShape,
    VocoderShape,
)
from engine.melqcd.spec import MelSpec
from engine.predict.shapes import SyncV2XShape
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


class Manifest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="family"
):
    """bundle.toml, what every family of bundles says in it. steps: when a request names none."""

    name: str
    format: int
    licence: str
    steps: int
    mel: MelSpec
    parts: dict[str, Part]


class SmallManifest(Manifest, frozen=True, kw_only=True, tag="small"):
    """Patches of a 48 kHz mel, clean prediction: what cuelock trains and ships."""

    denoiser: DenoiserShape
    vocoder: VocoderShape


class AuffusionManifest(Manifest, frozen=True, kw_only=True, tag="auffusion"):
    """The paper's size: mel images, latent diffusion, CLIP, HiFi-GAN.

    guidance: scale of classifier-free guidance, at every step. What is None the bundle has not:
    without an inversion adapter and CLIP's image encoder prompts cannot be empty, without a
    predictor curves come from files and guides.
    """

    solver: Literal["dpm", "plms"] = "dpm"
    guidance: float = 7.5
    autoencoder: AutoencoderShape
    denoiser: LatentDenoiserShape
    text: ClipTextShape
    vocoder: HifiGanShape
    inversion: InversionShape | None = None
    image: ClipImageShape | None = None
    predictor: SyncV2XShape | None = None


WholeManifest = SmallManifest | AuffusionManifest
#: Bundles that name no family are of the first one.
_FIRST_FAMILY = {"family": "small"}


class Adaptation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """bundle.toml of an adapter: what changes the generator of the bundle `base`, and recordings.

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


def manifest(name: str) -> tuple[Path, WholeManifest | Adaptation]:
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


def adapted(adaptation: Adaptation) -> SmallManifest:
    """The manifest of what an adapter changes, which is of the small family.

    Raises as manifest does.
    """
    if adaptation.base not in folders():
        raise CuelockError(
            "bundle.missing",
            f"Bundle {adaptation.name!r} adapts {adaptation.base!r}, which is not installed.",
            hint=f"Put the bundle {adaptation.base!r} into {home() / 'bundles'}.",
        )
    base = whole(adaptation.base)
    if not isinstance(base, SmallManifest):
        raise _unusable(adaptation.name, f"it adapts {base.name!r}, which is of another family")
    return base


def whole(name: str) -> WholeManifest:
    """The manifest of a bundle that is no adapter, which bundle.format says it must not be."""
    read = _read(name)[1]
    if isinstance(read, Adaptation):
        raise CuelockError(
            "bundle.format",
            f"Bundle {name!r} is an adapter itself, and adapters do not stand on each other.",
            hint=f"Name {read.base!r}, which it adapts.",
        )
    return read


def _read(name: str) -> tuple[Path, WholeManifest | Adaptation]:
    folder = _folder(name)
    try:
        said = tomllib.loads((folder / "bundle.toml").read_text())
        if "base" in said:
            read = msgspec.convert(said, Adaptation)
        else:
            read = msgspec.convert(_FIRST_FAMILY | said, WholeManifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _unusable(name, f"its bundle.toml is not valid ({error})") from error
    if read.format != FORMAT:
        raise _unusable(name, f"it has format {read.format}, this cuelock reads {FORMAT}")
    missing = [part.file for part in read.parts.values() if not (folder / part.file).is_file()]
    if missing:
        raise _unusable(name, f"{', '.join(missing)} is not there")
    return folder, read


def own_folder(name: str) -> Path:
    """Where a user's bundle of that name lies, or would.

    Raises CuelockError request.option for a shipped bundle's name or one that is no folder's.
    """
    if (_SHIPPED / name / "bundle.toml").is_file() or not re.fullmatch(r"\w[\w.-]*", name):
        raise CuelockError(
            "request.option",
            f"{name!r} cannot be the name of a bundle of yours.",
            hint="Choose letters, digits, dots and dashes; shipped bundles keep their names.",
        )
    return home() / "bundles" / name


def _folder(name: str) -> Path:
    known = folders()
    if name not in known:
        raise CuelockError(
            "bundle.missing",
            f"There is no bundle named {name!r}.",
            hint=f"Installed bundles: {', '.join(sorted(known)) or 'none'}.",
        )
    return known[name]


def verified(name: str) -> tuple[Path, WholeManifest | Adaptation]:
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
