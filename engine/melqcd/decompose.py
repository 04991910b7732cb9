"""Mel Quantization-Continuum Decomposition: mel -> energy, spread, semantic codes, and back.

For a column M[., t] of K windows (paper equations 3 to 8):

    E_t = mean_k M       D_t = population standard deviation over k       S = (M - E) / D
    Q = clamp(round_half_even(S), -1, 1)          M_qcd = E + Q D

Q's K = 8 digits in {-1, 0, 1} are two 81-way codes a frame: half 0 holds the upper four windows,
half 1 the lower four; within a half the highest window is the least significant base-3 digit.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.melqcd.spec import MelSpec

DIGITS = 4  # windows in one code
LEVELS = 3  # values of Q: -1, 0, 1
CODES = LEVELS**DIGITS  # 81
FLAT_CODE = CODES // 2  # 40: all digits zero; both halves flat means a flat column
_PROJECTIONS = 6
_PLACES = torch.tensor([LEVELS**i for i in range(DIGITS)])


class Decomposition(NamedTuple):
    """energy [..., T], spread [..., T] (>= 0), semantic [..., K, T] (window 0 is the lowest)."""

    energy: Tensor
    spread: Tensor
    semantic: Tensor


def to_windows(mel: Tensor, spec: MelSpec) -> Tensor:
    """Average adjacent log bands: [..., bands, T] -> [..., K, T]."""
    return mel.unflatten(-2, (spec.windows, spec.bands_per_window)).mean(dim=-2)


def from_windows(windows: Tensor, spec: MelSpec) -> Tensor:
    """Repeat each window over its bands: [..., K, T] -> [..., bands, T] (paper, DS-Repeat)."""
    return windows.repeat_interleave(spec.bands_per_window, dim=-2)


def decompose(windows: Tensor) -> Decomposition:
    """Split window columns [..., K, T] exactly (equations 3 to 6); S = 0 where D = 0."""
    energy = windows.mean(dim=-2)
    centred = windows - energy.unsqueeze(-2)
    spread = centred.square().mean(dim=-2).sqrt()
    safe = torch.where(spread > 0, spread, torch.ones_like(spread))
    return Decomposition(energy, spread, centred / safe.unsqueeze(-2))


def compose(energy: Tensor, spread: Tensor, semantic: Tensor) -> Tensor:
    """M = E + S D (equation 8 when semantic is quantised). Returns [..., K, T]."""
    return energy.unsqueeze(-2) + semantic * spread.unsqueeze(-2)


def quantise_semantic(semantic: Tensor) -> Tensor:
    """SVQ (equation 7): semantic [..., 8, T] -> codes uint8 [..., T, 2], each 0..80."""
    Q = torch.round(semantic).clamp(-1, 1).to(torch.int64)
    digits = Q.flip(-2).unflatten(-2, (2, DIGITS)) + 1  # [..., half, digit, T], top window first
    codes = (digits * _PLACES.to(Q.device)[:, None]).sum(dim=-2)
    return codes.transpose(-1, -2).to(torch.uint8)


def dequantise_semantic(codes: Tensor) -> Tensor:
    """codes [..., T, 2] -> Q float32 [..., 8, T] in {-1, 0, 1}; the exact inverse on codes."""
    places = _PLACES.to(codes.device)
    digits = codes.to(torch.int64).unsqueeze(-1).div(places, rounding_mode="floor") % LEVELS - 1
    return digits.flatten(-2).transpose(-1, -2).flip(-2).to(torch.float32)


def following(semantic: Tensor, Q: Tensor) -> Tensor:
    """Shapes [..., K, T] brought to where codes Q [K, T] want them, mean 0 and mean square 1.

    Where Q is 1 or -1 they go at least half as far; where it is 0 they are free, for so codes are
    predicted where nothing is sure. Alternating projections: mean and mean square end exact, the
    halves nearly.
    """
    low = torch.where(Q > 0, 0.5, -torch.inf)
    high = torch.where(Q < 0, -0.5, torch.inf)
    for _ in range(_PROJECTIONS):
        semantic = semantic.clamp(low, high)
        semantic = semantic - semantic.mean(dim=-2, keepdim=True)
        length = semantic.square().mean(dim=-2, keepdim=True).sqrt()
        semantic = semantic / length.clamp(min=1e-3)
    return semantic
