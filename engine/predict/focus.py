"""Focus: the part of the picture that a layer listens to, as weights over the motion grid."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.picture.features import GRID
from host_bridge.errors import CuelockError


def cells_of(focus: str | None) -> Tensor:
    """Weights [rows, columns] of a box "x,y,w,h" in fractions of the picture; all ones for None.

    A cell's weight is the share of it that the box covers.
    Raises CuelockError request.focus when it is no box inside the picture.
    """
    if focus is None:
        return torch.ones(GRID)
    try:
        x, y, w, h = (float(part) for part in focus.split(","))
    except ValueError as error:
        raise _refused(focus) from error
    if not (0 <= x < x + w <= 1.0001 and 0 <= y < y + h <= 1.0001):
        raise _refused(focus)
    rows, columns = GRID
    return torch.outer(_covered(y, y + h, rows), _covered(x, x + w, columns))


def _covered(begin: float, end: float, cells: int) -> Tensor:
    edges = torch.arange(cells + 1) / cells
    return (edges[1:].clamp(max=end) - edges[:-1].clamp(min=begin)).clamp(min=0) * cells


def _refused(focus: str) -> CuelockError:
    return CuelockError(
        "request.focus",
        f"{focus!r} is no box inside the picture.",
        hint='Write "x,y,w,h" in fractions of the picture, for example 0.5,0.5,0.25,0.25.',
    )
