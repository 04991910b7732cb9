"""Levels of detail: the least and greatest of ever longer stretches, so that any zoom is cheap."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

FACTOR = 4  # each level holds one value for so many of the level before
_ENOUGH = 256  # a level this short needs no other above it

#: Extremes [2, n] (least, greatest) of single values, of 4, of 16 and so on.
Levels = tuple[np.ndarray, ...]


def empty_levels(values: int, dtype: np.dtype | type) -> Levels:
    """Levels of so many zeros, to be filled by `refill`."""
    levels = [np.zeros((2, values), dtype)]
    while levels[-1].shape[1] > _ENOUGH:
        levels.append(np.zeros((2, -(-levels[-1].shape[1] // FACTOR)), dtype))
    return tuple(levels)


def levels_of(values: np.ndarray) -> Levels:
    """Levels of plain values [n]."""
    levels = empty_levels(len(values), values.dtype)
    levels[0][:] = values
    refill(levels, 0, len(values))
    return levels


def patched(levels: Levels, start: int, values: np.ndarray) -> Levels:
    """Levels of the same values with others from `start` on."""
    levels = tuple(level.copy() for level in levels)
    levels[0][:, start : start + len(values)] = values
    refill(levels, start, start + len(values))
    return levels


def refill(levels: Levels, start: int, stop: int) -> None:
    """Make the upper levels right again where [start, stop) of the lowest has changed."""
    for below, above in pairwise(levels):
        start, stop = start // FACTOR, -(-stop // FACTOR)
        if start >= stop:
            return
        part = below[:, start * FACTOR : stop * FACTOR]
        edges = np.arange(0, part.shape[1], FACTOR)
        above[0, start:stop] = np.minimum.reduceat(part[0], edges)
        above[1, start:stop] = np.maximum.reduceat(part[1], edges)


def extremes(levels: Levels, edges: np.ndarray) -> np.ndarray:
    """Least and greatest between edges [n + 1] (ascending, in values of level 0): [2, n].

    Edges must lie within the values. They are taken back to whole values of a level fine enough:
    what lies at a stretch's end may be found in the next one, and nothing is left out.
    """
    step = (edges[-1] - edges[0]) / max(1, len(edges) - 1)
    height = 0
    while height + 1 < len(levels) and FACTOR ** (height + 1) <= step:
        height += 1
    level = levels[height]
    first = np.floor(edges[:-1] / FACTOR**height).astype(np.intp)
    first = np.minimum(first, level.shape[1] - 1)
    last = int(np.ceil(edges[-1] / FACTOR**height))
    part = level[:, : max(last, first[-1] + 1)]
    return np.stack((np.minimum.reduceat(part[0], first), np.maximum.reduceat(part[1], first)))
