"""How loud a generated frame is: what its curves say, not only in the mean of its logarithms.

Energy is the mean *log* level over bands; what is heard of a frame is its power, and that lies in
its few loud bands. Two mels of one energy curve differ in it by many dB, from frame to frame where
texture is generated. So each frame's contrast (how far bands lie from their window's mean) is set
so that its power moves as that of the recomposed curves does. Energy, spread of the windows and
codes stay as they are.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from engine.melqcd.decompose import to_windows
from engine.melqcd.mel import filter_bank
from engine.melqcd.spec import MelSpec

_CONTRAST = (0.5, 1.1)  # times what was generated; with more of it sounds lose their names
_ROUNDS = 12  # of halving what is not known of it
_AUDIBLE = 1.0  # nats above the floor: what lies lower has no contrast to speak of


class Loudness:
    """Follows a range's curves, window by window of generation."""

    def __init__(self, spec: MelSpec) -> None:
        self._spec = spec
        self._above: Tensor | None = None

    def followed(self, mel: Tensor, hint: Tensor, context: int, strictness: float) -> Tensor:
        """A window's log-mel [bands, T] as loud as its hint [bands, T], but for a constant.

        The constant is the window's own, for texture is louder than the recomposed curves, which
        are flat in their windows. context: frames at the begin that the last window has as well;
        behind them, for as long, its constant gives way to this one's. strictness 0..1: how far.
        """
        means = to_windows(mel, self._spec).repeat_interleave(self._spec.bands_per_window, dim=0)
        wanted = level(hint, self._spec)
        found = level(mel, self._spec)
        audible = means.mean(dim=0) > self._spec.log_floor + _AUDIBLE
        if not audible.any():
            return mel
        above = (found - wanted)[audible].mean()
        way = torch.zeros(mel.shape[-1])
        if self._above is not None and context:
            frames = torch.arange(mel.shape[-1])
            way = (1 - (frames - context) / context).clamp(0, 1)
            wanted = wanted + way * (self._above - above)
        self._above = above
        wanted = found + strictness * (wanted + above - found)
        texture = mel - means
        low, high = (torch.full_like(found, end) for end in _CONTRAST)
        for _ in range(_ROUNDS):
            middle = (low + high) / 2
            less = level(means + middle * texture, self._spec) < wanted
            low, high = torch.where(less, middle, low), torch.where(less, high, middle)
        return torch.where(audible, means + (low + high) / 2 * texture, mel)


def level(mel: Tensor, spec: MelSpec) -> Tensor:
    """Level [T] in nats of all that a log-mel [bands, T] holds: half the log of its power."""
    return 0.5 * torch.logsumexp(2 * mel + _widths(spec)[:, None], dim=0)


@cache
def _widths(spec: MelSpec) -> Tensor:
    """Log of how wide each band is [bands]: bands of unit area are as high as they are narrow."""
    return -torch.from_numpy(filter_bank(spec).max(axis=1)).log().float()
