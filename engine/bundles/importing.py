"""Foreign weights to a bundle of ours, and bundles away again. Folders appear and go whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import tomli_w
import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.bundles.foreign import Foreign, Weights, read_foreign
from engine.bundles.foreign_shapes import (
    autoencoder_shape,
    denoiser_shape,
    image_shape,
    inversion_shape,
    predictor_shape,
    text_shape,
    vocoder_shape,
)
from engine.bundles.load_auffusion import empty_networks
from engine.bundles.store import (
    FORMAT,
    AuffusionManifest,
    Part,
    folders,
    manifest,
    own_folder,
    sha256,
)
from engine.generate.clip import clip_tokenizer
from engine.melqcd.spec import AUFFUSION
from host_bridge.errors import CuelockError
from host_bridge.home import home

STEPS = 25
_EXACT = ("vocoder", "predictor")  # kept in float32: small, and their rounding is heard
#: What a bundle cannot do without, and where it is looked for.
_NEEDED = {
    "unet": "unet/ or a Mel-QCD checkpoint",
    "autoencoder": "vae/ or a Mel-QCD checkpoint",
    "text": "text_encoder/ or a Mel-QCD checkpoint",
    "vocoder": "vocoder/ with vocoder.pt and config.json",
    "vocabulary": "vocab.json of CLIP's tokenizer",
    "merges": "merges.txt of CLIP's tokenizer",
}
_CARD = """# {name}

Mel images of 256 bands at 16 kHz (stems are 48 kHz), latent diffusion at the paper's size. Licences
are as the user states them.

| part | licence | learned from |
| --- | --- | --- |
{parts}
"""


class Origin(NamedTuple):
    """Where parts come from. licence: in the user's words; data: what they learned from."""

    licence: str
    data: str


def import_bundle(source: Path, name: str, licence: str) -> Path:
    """Make a bundle of what a file or folder holds; its folder.

    A bundle of that name that was imported before keeps the parts that are not in the source.
    licence: in the user's words. Raises CuelockError request.path, request.option,
    bundle.format, bundle.unknown_part and disk.*.
    """
    own_folder(name)
    base = name if name in folders() else None
    origin = Origin(licence, f"unknown to cuelock; imported from {source.name}")
    return install(read_foreign(source), name, origin, base)


def install(found: Foreign, name: str, origin: Origin, base: str | None) -> Path:
    """Make a bundle of weights and of what a base has beside them; its folder.

    Raises as import_bundle does.
    """
    place = own_folder(name)
    home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home(), prefix="import-") as scratch:
        folder = Path(scratch) / name
        folder.mkdir()
        before = None if base is None else _kept(base, folder)
        parts = (before.parts if before else {}) | _written(found, folder, origin)
        _check_whole(parts, name)
        read = _described(name, origin.licence, found, parts, before)
        _check_fit(read, found.weights, folder)
        card = _CARD.format(name=name, parts="\n".join(_card_rows(parts)))
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        (folder / "bundle.toml").write_text(tomli_w.dumps(_told(read)), encoding="utf-8")
        _put(folder, place, Path(scratch) / "before")
    return place


def remove_bundle(name: str) -> Path:
    """Take a user's bundle away; the folder it was in.

    Raises CuelockError bundle.missing, and request.option for one that came with cuelock.
    """
    place = own_folder(name)
    if not place.is_dir():
        raise CuelockError(
            "bundle.missing",
            f"There is no bundle named {name!r} to remove.",
            hint=f"Installed bundles: {', '.join(sorted(folders())) or 'none'}.",
        )
    with tempfile.TemporaryDirectory(dir=home(), prefix="remove-") as scratch:
        place.rename(Path(scratch) / name)
    return place


def _kept(base: str, folder: Path) -> AuffusionManifest:
    """Files of a bundle that is there, brought along."""
    there, read = manifest(base)
    if not isinstance(read, AuffusionManifest):
        raise CuelockError(
            "request.option",
            f"The bundle {base!r} is of another kind, and these parts do not fit it.",
            hint="Choose another --name, or remove that bundle first.",
        )
    for part in read.parts.values():
        _link(there / part.file, folder / part.file)
    return read


def _link(source: Path, to: Path) -> None:
    """The same bytes at another place; weights are not doubled where the disk can help it."""
    try:
        os.link(source, to)
    except OSError:
        shutil.copyfile(source, to)


def _written(found: Foreign, folder: Path, origin: Origin) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for part, weights in found.weights.items():
        dtype = torch.float32 if part in _EXACT else torch.float16
        path = folder / f"{part}.safetensors"
        path.unlink(missing_ok=True)  # a linked file is also the earlier bundle's
        save_file({name: _packed(value, dtype) for name, value in weights.items()}, path)
        parts[part] = _part(path, str(dtype).removeprefix("torch."), origin)
    for part, file in found.files.items():
        path = folder / file.name
        path.unlink(missing_ok=True)
        shutil.copyfile(file, path)
        parts[part] = _part(path, "text", origin)
    return parts


def _packed(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype).contiguous() if value.is_floating_point() else value.contiguous()


def _part(path: Path, dtype: str, origin: Origin) -> Part:
    return Part(
        file=path.name, dtype=dtype, sha256=sha256(path), licence=origin.licence, data=origin.data
    )


def _card_rows(parts: dict[str, Part]) -> Iterator[str]:
    for name, part in sorted(parts.items()):
        yield f"| {name} | {part.licence} | {part.data} |"


def _check_whole(parts: dict[str, Part], name: str) -> None:
    missing = {part: where for part, where in _NEEDED.items() if part not in parts}
    if missing:
        raise CuelockError(
            "bundle.unknown_part",
            f"The bundle {name!r} would lack {', '.join(missing)}.",
            hint=f"Put beside it: {'; '.join(missing.values())}.",
        )


def _described(
    name: str,
    licence: str,
    found: Foreign,
    parts: dict[str, Part],
    before: AuffusionManifest | None,
) -> AuffusionManifest:
    """The manifest: sizes of new parts from their weights, of others as they were."""
    shapes: dict[str, Any] = {}
    new, configs = found.weights, found.configs
    try:
        if "unet" in new:
            config = configs.get("unet", {})
            shapes["denoiser"] = denoiser_shape(new["unet"], new.get("control"), config)
        if "autoencoder" in new:
            config = configs.get("autoencoder", {})
            shapes["autoencoder"] = autoencoder_shape(new["autoencoder"], config)
        if "vocoder" in new:
            shapes["vocoder"] = vocoder_shape(configs["vocoder"])
        for part, shape_of in (
            ("text", text_shape),
            ("image", image_shape),
            ("inversion", inversion_shape),
        ):
            if part in new:
                shapes[part] = shape_of(new[part])
        if "predictor" in new:
            shapes["predictor"] = predictor_shape(new["predictor"], configs.get("predictor", {}))
    except (KeyError, msgspec.ValidationError) as error:
        raise _misfit(name, f"{error} is missing or wrong") from error
    if before is not None:
        return msgspec.structs.replace(before, name=name, licence=licence, parts=parts, **shapes)
    return AuffusionManifest(
        name=name, format=FORMAT, licence=licence, steps=STEPS, mel=AUFFUSION, parts=parts, **shapes
    )


def _check_fit(read: AuffusionManifest, weights: dict[str, Weights], folder: Path) -> None:
    """Every tensor has a place of its shape, every place a tensor."""
    vocabulary, merges = (folder / read.parts[part].file for part in ("vocabulary", "merges"))
    try:
        networks = empty_networks(read, clip_tokenizer(vocabulary, merges)).parts()
    except ValueError as error:
        raise _misfit(read.name, str(error)) from error
    for part, given in weights.items():
        places = {name: value.shape for name, value in networks[part].state_dict().items()}
        wrong = [name for name, value in given.items() if places.pop(name, None) != value.shape]
        if wrong or places:
            named = (wrong or list(places))[0]
            raise _misfit(
                read.name, f"{named!r} of its part {part!r} is missing or of another shape"
            )


def _misfit(name: str, why: str) -> CuelockError:
    return CuelockError(
        "bundle.format",
        f"These weights make no bundle {name!r}: {why}.",
        hint="Import an Auffusion folder, a Mel-QCD checkpoint, or a folder that holds both.",
    )


def _told(read: AuffusionManifest) -> dict[str, Any]:
    """As TOML says it: what there is not is left out."""
    built = msgspec.to_builtins(read)
    return {key: value for key, value in built.items() if value is not None}


def _put(folder: Path, place: Path, before: Path) -> None:
    """A finished folder in its place; what was there goes with the scratch folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(before)
    folder.rename(place)
