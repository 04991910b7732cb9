"""Make a bundle folder out of the averaged weights of finished runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import tomli_w
from torch import Tensor

from engine.bundles.foreign import Foreign
from engine.bundles.importing import Origin, install
from engine.bundles.store import FORMAT, AuffusionManifest, Part, SmallManifest, sha256, whole
from engine.bundles.weights import load_int8, save_int8
from engine.generate.shapes import DenoiserShape, VocoderShape
from engine.generate.text import TextEncoder
from engine.melqcd.spec import SMALL
from engine.train.backbone import converted
from engine.train.families import of_family
from engine.train.state import averaged
from engine.train.text import load_encoder

_OURS = "Apache-2.0"
_PICTURES = (
    "pictures drawn and simulated by cuelock, of OpenArena and two films of the Blender Foundation"
)
_SOUNDS = "free sound effects; licences and names in SOUNDS.md"


class Stocked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stock to put in: its file, its licence, what is in it."""

    file: str
    licence: str
    data: str


class SmallConfig(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="family",
    tag="small",
):
    """runs: part -> folder of its run, or a part file; text: the encoder's run or a bundle.

    labels: the backbone's class names, one a line.

    card: the model card to put in; sounds: the licences and names of the sounds learned from.
    stock: recordings that generation begins with; None begins with noise.
    """

    name: str
    to: str
    steps: int
    text: str
    runs: dict[str, str]
    denoiser: DenoiserShape = DenoiserShape()
    vocoder: VocoderShape = VocoderShape()
    backbone: str
    labels: str
    card: str
    sounds: str
    stock: Stocked | None = None


class PaperConfig(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="family",
    tag="auffusion",
):
    """runs: part -> folder of the run that learned it; base: the bundle that lends the others.

    licence: of what was learned, in the user's words; data: what it was learned from.
    """

    name: str
    base: str
    runs: dict[str, str]
    licence: str
    data: str


class PartSource(NamedTuple):
    """What a part file is made of, under which licence, learned from what."""

    tensors: Mapping[str, Tensor]
    licence: str
    data: str


def main(path: Path) -> None:
    """Export by a TOML config."""
    config: SmallConfig | PaperConfig = of_family(path, SmallConfig | PaperConfig)
    match config:
        case SmallConfig():
            export_small(config)
        case PaperConfig():
            export_paper(config)


def export_paper(config: PaperConfig) -> Path:
    """A bundle of the paper's family with what runs have learned; its folder.

    Raises CuelockError as engine.bundles.importing.install does.
    """
    base = whole(config.base)
    assert isinstance(base, AuffusionManifest)
    weights = {part: _of_part(part, averaged(Path(run))) for part, run in config.runs.items()}
    # What is released was measured otherwise; what is learned here needs no correction.
    configs: dict[str, dict[str, Any]] = {
        "vocoder": msgspec.to_builtins(base.vocoder),
        "predictor": {"energy_offset": 0.0},
    }
    found = Foreign(weights, configs, {})
    return install(found, config.name, Origin(config.licence, config.data), config.base)


def _of_part(part: str, learned: dict[str, Tensor]) -> dict[str, Tensor]:
    """A part's own tensors, where a run learned several at once."""
    own = {name: value for name, value in learned.items() if name.startswith(f"{part}.")}
    return {name.removeprefix(f"{part}."): value for name, value in (own or learned).items()}


def export_small(config: SmallConfig) -> None:
    """Weights, vocabulary, and bundle.toml last."""
    runs = {part: Path(folder) for part, folder in config.runs.items()}
    text = load_encoder(Path(config.text))
    names = text.encode(Path(config.labels).read_text().splitlines()).pooled
    sources = {
        "text": PartSource(
            text.state_dict(), _OURS, "distilled from all-MiniLM-L6-v2 (Apache-2.0)"
        ),
        "generator": PartSource(_weights(runs["generator"]), _OURS, _SOUNDS),
        "vocoder": PartSource(_weights(runs["vocoder"]), _OURS, _SOUNDS),
        "predictor": PartSource(_weights(runs["predictor"]), _OURS, f"{_PICTURES}; {_SOUNDS}"),
        "backbone": PartSource(
            converted(Path(config.backbone)).state_dict(),
            "Apache-2.0",
            "EfficientNet-Lite0 by Google, trained on ImageNet",
        ),
        "names": PartSource({"names": names}, _OURS, "the backbone's class names, encoded"),
    }
    folder = Path(config.to)
    folder.mkdir(parents=True, exist_ok=True)
    parts = {part: _written(folder, part, source) for part, source in sources.items()}
    parts["vocabulary"] = _vocabulary(folder, text)
    if config.stock is not None:
        parts["stock"] = _stock(folder, config.stock)
    shutil.copyfile(config.card, folder / "MODEL_CARD.md")
    shutil.copyfile(config.sounds, folder / "SOUNDS.md")
    manifest = SmallManifest(
        name=config.name,
        format=FORMAT,
        licence=_OURS,
        steps=config.steps,
        mel=SMALL,
        denoiser=config.denoiser,
        vocoder=config.vocoder,
        parts=parts,
    )
    part = folder / "bundle.toml.part"
    part.write_text(tomli_w.dumps(msgspec.to_builtins(manifest)))
    part.replace(folder / "bundle.toml")


def _weights(run: Path) -> Mapping[str, Tensor]:
    return load_int8(run) if run.suffix == ".safetensors" else averaged(run)


def _written(folder: Path, name: str, source: PartSource) -> Part:
    path = folder / f"{name}.safetensors"
    save_int8(source.tensors, path)
    return _part(path, "int8", source.licence, source.data)


def _vocabulary(folder: Path, text: TextEncoder) -> Part:
    path = folder / "vocabulary.txt"
    path.write_text("\n".join(text.vocabulary), encoding="utf-8")
    return _part(path, "text", "Apache-2.0", "word pieces of all-MiniLM-L6-v2")


def _stock(folder: Path, stock: Stocked) -> Part:
    path = folder / "stock.npz"
    shutil.copyfile(stock.file, path)
    return _part(path, "int8", stock.licence, stock.data)


def _part(path: Path, dtype: str, licence: str, data: str) -> Part:
    """A written file as a bundle names it."""
    return Part(file=path.name, dtype=dtype, sha256=sha256(path), licence=licence, data=data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
