"""Long ranges in windows: where they begin, what they share, how they join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

WINDOW = 250  # latent columns denoised together: 10 s
CONTEXT = 25  # columns of the window before that the next one sees and blends with: 1 s


class Window(NamedTuple):
    """Columns [start, stop); the first `context` of them were made by the window before."""

    start: int
    stop: int
    context: int

    @property
    def fresh(self) -> int:
        """Columns that no window before made."""
        return self.stop - self.start - self.context


def plan(columns: int, cuts: Sequence[int]) -> list[Window]:
    """Cover [0, columns) with windows of at most WINDOW columns.

    cuts: columns at which the picture cuts. A join lies on the last cut in the second half of a
    window where there is one, since there the ear expects a change; else at the window's end.

    >>> plan(400, [180])
    [Window(start=0, stop=180, context=0), Window(start=155, stop=400, context=25)]
    """
    windows = [Window(0, _end(0, columns, cuts), 0)]
    while windows[-1].stop < columns:
        start = windows[-1].stop - CONTEXT
        windows.append(Window(start, _end(start, columns, cuts), CONTEXT))
    return windows


def _end(start: int, columns: int, cuts: Sequence[int]) -> int:
    if columns - start <= WINDOW:
        return columns
    late = [cut for cut in cuts if start + WINDOW // 2 < cut <= start + WINDOW]
    return max(late, default=start + WINDOW)


def blend(made: Tensor, before: Tensor) -> Tensor:
    """Latents [..., W] whose first columns turn from `before` [..., C] into `made`."""
    width = before.shape[-1]
    if not width:
        return made
    weight = torch.linspace(1, 0, width + 2, device=made.device)[1:-1]
    head = weight * before + (1 - weight) * made[..., :width]
    return torch.cat([head, made[..., width:]], dim=-1)
