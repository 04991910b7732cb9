"""The small family in memory: int8 on disk, float32 on the CPU."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import msgspec
import torch
from torch import nn

from engine.bundles.bundle import Bundle, Sight
from engine.bundles.store import Adaptation, SmallManifest
from engine.bundles.weights import load_int8
from engine.generate.codec import MelPatchCodec
from engine.generate.inversion import NamingSight
from engine.generate.lora import merge
from engine.generate.networks import Denoiser, scheduler
from engine.generate.parts import Text
from engine.generate.pipeline import Guide, MelPipeline
from engine.generate.stock import Stock, StockSketching, load_stock
from engine.generate.text import TEXT_WIDTH, TextEncoder
from engine.generate.vocoder import Vocoder
from engine.picture.appearance import LABELS, Backbone
from engine.predict.predictor import MotionPredictor
from engine.predict.v2x import V2X


def small_bundle(folder: Path, read: SmallManifest) -> Bundle:
    """Build and fill the networks. Raises KeyError, RuntimeError, ValueError, SafetensorError."""
    words = (folder / read.parts["vocabulary"].file).read_text(encoding="utf-8").split("\n")
    text = TextEncoder(words)
    denoiser, codec = Denoiser(read.denoiser), MelPatchCodec(read.mel)
    vocoder = Vocoder(read.mel, read.vocoder)
    generator = nn.ModuleDict({"denoiser": denoiser, "codec": codec})
    _fill({"text": text, "generator": generator, "vocoder": vocoder}, folder, read)
    sight = small_sight(folder, read)
    return Bundle(
        manifest=read,
        text=text,
        guide=Guide(text, denoiser.inversion),
        pipeline=MelPipeline(
            denoiser,
            codec,
            scheduler(),
            sketching=StockSketching(_stocks(folder, read, text), codec),
        ),
        vocoder=vocoder,
        predictor=sight.predictor,
        backbone=sight.backbone,
    )


def small_sight(folder: Path, read: SmallManifest) -> Sight:
    """The parts that look and predict, and no other. Raises as small_bundle does."""
    predictor, backbone = V2X(), Backbone()
    # names [labels, TEXT_WIDTH]: sentence vectors of what the backbone's classes are called.
    names = nn.ParameterDict({"names": torch.empty(LABELS, TEXT_WIDTH)})
    _fill({"predictor": predictor, "backbone": backbone, "names": names}, folder, read)
    return Sight(
        manifest=read,
        predictor=MotionPredictor(predictor),
        backbone=NamingSight(backbone, names["names"]),
    )


def _fill(networks: dict[str, nn.Module], folder: Path, read: SmallManifest) -> None:
    for part, network in networks.items():
        network.load_state_dict(load_int8(folder / read.parts[part].file))
        network.eval().requires_grad_(False)


def _stocks(folder: Path, read: SmallManifest | Adaptation, text: Text) -> list[Stock]:
    """The bundle's stock, where it has one."""
    return [
        load_stock(folder / part.file, text) for name, part in read.parts.items() if name == "stock"
    ]


def adapted_bundle(base: Bundle, folder: Path, read: Adaptation) -> Bundle:
    """A base bundle whose denoiser has an adapter merged in, and which has its recordings.

    All else is the base's own. Raises as small_bundle does.
    """
    denoiser = deepcopy(base.pipeline.denoiser)
    assert isinstance(denoiser, Denoiser)
    merge(denoiser.unet, load_int8(folder / read.parts["adapter"].file), read.strength)
    sketching = base.pipeline.sketching
    assert isinstance(sketching, StockSketching)
    stocks = [*_stocks(folder, read, base.text), *sketching.stocks]
    return replace(
        base,
        manifest=msgspec.structs.replace(base.manifest, name=read.name, licence=read.licence),
        pipeline=MelPipeline(
            denoiser,
            base.pipeline.codec,
            scheduler(),
            sketching=replace(sketching, stocks=stocks),
        ),
    )
