"""Weights on disk: safetensors, matrices as int8 with one scale a row, the rest fp16.

Rows (output channels) are scaled by their largest magnitude; dequantised at load, so that what
runs is plain float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

_SCALE = "//scale"
_SMALL = 4096  # tensors below this many values stay fp16: they cost nothing and matter much


def save_int8(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors quantised to path (whole or not at all)."""
    packed: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if not value.is_floating_point() or value.ndim < 2 or value.numel() < _SMALL:
            packed[name] = value.half() if value.is_floating_point() else value
            continue
        rows = value.flatten(1)
        scale = (rows.abs().amax(dim=1, keepdim=True) / 127).clamp(min=1e-12)
        packed[name] = torch.round(rows / scale).to(torch.int8).view(value.shape)
        packed[name + _SCALE] = scale[:, 0].clone()
    part = path.with_suffix(".part")
    save_file({k: v.contiguous() for k, v in packed.items()}, part)
    part.replace(path)


def load_int8(path: Path) -> dict[str, Tensor]:
    """Read what save_int8 wrote, as float32 (integers stay)."""
    packed = load_file(path)
    tensors: dict[str, Tensor] = {}
    for name, value in packed.items():
        if name.endswith(_SCALE):
            continue
        scale = packed.get(name + _SCALE)
        if scale is not None:
            value = value.float() * scale.view(-1, *[1] * (value.ndim - 1))
        tensors[name] = value.float() if value.is_floating_point() else value
    return tensors
