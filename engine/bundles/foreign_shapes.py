"""Sizes of foreign networks, read off their weights."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from math import isqrt
from typing import Any

import msgspec
from torch import Tensor

from engine.generate.shapes import (
    AutoencoderShape,
    ClipImageShape,
    ClipTextShape,
    HifiGanShape,
    InversionShape,
    LatentDenoiserShape,
)
from engine.predict.shapes import SyncV2XShape

#: How much lower the energy of the released predictor's targets was: n_fft 1024 against 2048.
RELEASED_ENERGY_OFFSET = 0.702
_HEADS = 8  # of Stable Diffusion 1; weights do not tell


def denoiser_shape(
    unet: Mapping[str, Tensor], control: Mapping[str, Tensor] | None, config: Mapping[str, Any]
) -> LatentDenoiserShape:
    """Raises KeyError where weights are missing, as do all of these."""
    words = unet["down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"].shape[1]
    hint: tuple[int, ...] = LatentDenoiserShape().hint
    if control is not None:
        convs = _series(control, "controlnet_cond_embedding.convs.{}.weight")
        hint = tuple(conv.shape[0] for conv in convs[:-1])
    return LatentDenoiserShape(
        channels=unet["conv_in.weight"].shape[1],
        widths=_widths(unet, "down_blocks.{}.resnets.0.conv1.weight"),
        layers=len(_series(unet, "down_blocks.0.resnets.{}.conv1.weight")),
        heads=config.get("attention_head_dim", _HEADS),
        words=words,
        hint=hint,
    )


def autoencoder_shape(vae: Mapping[str, Tensor], config: Mapping[str, Any]) -> AutoencoderShape:
    return AutoencoderShape(
        channels=vae["post_quant_conv.weight"].shape[0],
        widths=_widths(vae, "encoder.down_blocks.{}.resnets.0.conv1.weight"),
        layers=len(_series(vae, "encoder.down_blocks.0.resnets.{}.conv1.weight")),
        scale=config.get("scaling_factor", AutoencoderShape().scale),
    )


def text_shape(text: Mapping[str, Tensor]) -> ClipTextShape:
    vocabulary, width = text["token_embedding.weight"].shape
    return ClipTextShape(
        vocabulary=vocabulary,
        width=width,
        layers=len(_series(text, "layers.{}.layer_norm1.weight")),
        places=text["position_embedding.weight"].shape[0],
    )


def image_shape(image: Mapping[str, Tensor]) -> ClipImageShape:
    width, _, patch, _ = image["patch_embedding.weight"].shape
    return ClipImageShape(
        width=width,
        layers=len(_series(image, "layers.{}.layer_norm1.weight")),
        patch=patch,
        side=isqrt(image["position_embedding.weight"].shape[0] - 1) * patch,
        point=image["visual_projection.weight"].shape[0],
    )


def inversion_shape(inversion: Mapping[str, Tensor]) -> InversionShape:
    width = inversion["post_layernorm.weight"].shape[0]
    return InversionShape(width=width, words=inversion["layers.6.weight"].shape[0] // width)


def vocoder_shape(config: Mapping[str, Any]) -> HifiGanShape:
    """From HiFi-GAN's own config.json."""
    return msgspec.convert(
        {field: config[field] for field in HifiGanShape.__struct_fields__}, HifiGanShape
    )


def predictor_shape(predictor: Mapping[str, Tensor], config: Mapping[str, Any]) -> SyncV2XShape:
    """With the energy offset that the released weights need, unless the config says another."""
    width, features = predictor["proj_in.weight"].shape
    heads = predictor["rel_pos_bias.net.3.weight"].shape[0]
    return SyncV2XShape(
        features=features,
        width=width,
        heads=heads,
        head_width=predictor["layers_en.0.attention.to_q.weight"].shape[0] // heads,
        layers=len(_series(predictor, "layers_en.{}.norm1.weight")),
        energy_offset=config.get("energy_offset", RELEASED_ENERGY_OFFSET),
    )


def _series(weights: Mapping[str, Tensor], pattern: str) -> list[Tensor]:
    """Tensors 0, 1, ... of a pattern, as many as there are."""
    found: list[Tensor] = []
    for number in count():
        value = weights.get(pattern.format(number))
        if value is None:
            break
        found.append(value)
    return found


def _widths(weights: Mapping[str, Tensor], pattern: str) -> tuple[int, ...]:
    return tuple(value.shape[0] for value in _series(weights, pattern))
