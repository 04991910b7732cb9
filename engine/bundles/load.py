"""A bundle in memory: its networks built and filled."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from engine.bundles.store import Adaptation, Manifest, verified
from engine.bundles.weights import load_int8
from engine.generate.codec import MelPatchCodec
from engine.generate.lora import merge
from engine.generate.networks import Denoiser, scheduler
from engine.generate.pipeline import Guide, MelPipeline
from engine.generate.text import TextEncoder
from engine.generate.vocoder import Vocoder
from engine.picture.appearance import Backbone
from engine.predict.v2x import V2X
from host_bridge.errors import CuelockError


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """Everything a render needs.

    names [labels, TEXT_WIDTH]: sentence vectors of what the backbone's classes are called.
    """

    manifest: Manifest
    text: TextEncoder
    guide: Guide
    pipeline: MelPipeline
    vocoder: Vocoder
    predictor: V2X
    backbone: Backbone
    names: Tensor


@lru_cache(maxsize=2)
def load_bundle(name: str) -> Bundle:
    """Load a bundle by name, every checksum verified; the last two stay in memory.

    Raises CuelockError bundle.missing, bundle.format or bundle.checksum.
    """
    folder, read = verified(name)
    if isinstance(read, Adaptation):
        return _adapted(load_bundle(read.base), folder, read)
    return _loaded(folder, read)


def _adapted(base: Bundle, folder: Path, read: Adaptation) -> Bundle:
    """A base bundle whose denoiser has an adapter merged in; all else is the base's own."""
    denoiser = deepcopy(base.pipeline.denoiser)
    with _fitting("adapter", read.name):
        tensors = load_int8(folder / read.parts["adapter"].file)
        merge(denoiser.unet, tensors, read.strength)
    return replace(
        base,
        manifest=msgspec.structs.replace(base.manifest, name=read.name, licence=read.licence),
        pipeline=MelPipeline(denoiser, base.pipeline.codec, scheduler()),
    )


def _loaded(folder: Path, read: Manifest) -> Bundle:
    words = (folder / read.parts["vocabulary"].file).read_text(encoding="utf-8").split("\n")
    text = TextEncoder(words)
    denoiser, codec = Denoiser(read.denoiser), MelPatchCodec(read.mel)
    generator = nn.ModuleDict({"denoiser": denoiser, "codec": codec})
    vocoder = Vocoder(read.mel, read.vocoder)
    predictor, backbone = V2X(), Backbone()
    names = nn.ParameterDict({"names": torch.empty(1000, text.words.embedding_dim)})
    for part, network in (
        ("text", text),
        ("generator", generator),
        ("vocoder", vocoder),
        ("predictor", predictor),
        ("backbone", backbone),
        ("names", names),
    ):
        _fill(network, folder, read, part)
    return Bundle(
        manifest=read,
        text=text,
        guide=Guide(text, denoiser.inversion),
        pipeline=MelPipeline(denoiser, codec, scheduler()),
        vocoder=vocoder,
        predictor=predictor,
        backbone=backbone,
        names=names["names"],
    )


def _fill(network: nn.Module, folder: Path, read: Manifest, part: str) -> None:
    with _fitting(part, read.name):
        network.load_state_dict(load_int8(folder / read.parts[part].file))
    network.eval().requires_grad_(False)


@contextmanager
def _fitting(part: str, bundle: str) -> Generator[None]:
    """A part's weights are put in here; that they do not fit is said in words."""
    try:
        yield
    except (KeyError, RuntimeError, SafetensorError) as error:
        raise CuelockError(
            "bundle.format",
            f"The part {part!r} of bundle {bundle!r} does not fit this cuelock.",
            hint="Install the bundle again, or one made for this version.",
        ) from error
