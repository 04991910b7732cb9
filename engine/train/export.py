"""Make a bundle folder out of the averaged weights of finished runs."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import tomli_w
from torch import Tensor

from engine.bundles.store import FORMAT, Part, SmallManifest, sha256
from engine.bundles.weights import load_int8, save_int8
from engine.generate.shapes import DenoiserShape, VocoderShape
from engine.generate.text import TextEncoder
from engine.melqcd.spec import SMALL
from engine.train.backbone import converted
from engine.train.state import averaged
from engine.train.text import load_encoder

_OURS = "Apache-2.0"
_PICTURES = "pictures drawn and simulated by cuelock, and of OpenArena"
_SOUNDS = "free sound effects; licences and names in SOUNDS.md"


class ExportConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """runs: part -> folder of its run, or a part file; text: the encoder's run or a bundle.

    labels: the backbone's class names, one a line.

    card: the model card to put in; sounds: the licences and names of the sounds learned from.
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


class PartSource(NamedTuple):
    """What a part file is made of, under which licence, learned from what."""

    tensors: Mapping[str, Tensor]
    licence: str
    data: str


def main(path: Path) -> None:
    """Export by a TOML config: weights, vocabulary, and bundle.toml last."""
    config = msgspec.convert(tomllib.loads(path.read_text()), ExportConfig)
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
    return Part(
        file=path.name,
        dtype="int8",
        sha256=sha256(path),
        licence=source.licence,
        data=source.data,
    )


def _vocabulary(folder: Path, text: TextEncoder) -> Part:
    path = folder / "vocabulary.txt"
    path.write_text("\n".join(text.vocabulary), encoding="utf-8")
    return Part(
        file=path.name,
        dtype="text",
        sha256=sha256(path),
        licence="Apache-2.0",
        data="word pieces of all-MiniLM-L6-v2",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
