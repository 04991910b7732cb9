"""Long ranges in windows: where they begin, what they share, how they join."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

WINDOW_FRAMES = 1000  # mel frames denoised together where memory allows: 10 s
CONTEXT_FRAMES = 100  # frames of the window before that the next one sees and goes on from: 1 s


class Window(NamedTuple):
    """Columns [start, stop); the first `context` of them were made by the window before."""

    start: int
    stop: int
    context: int

    @property
    def fresh(self) -> int:
        """Columns that no window before made."""
        return self.stop - self.start - self.context


def plan(
    columns: int, cuts: Callable[[int], Sequence[int]], *, most: int, context: int
) -> Iterator[Window]:
    """Cover [0, columns) with windows of at most so many columns, sharing `context` of them.

    cuts: the columns at which the picture cuts, known before a column. A join lies on the last cut
    in the second half of a window where there is one, since there the ear expects a change; else
    at the window's end. The first window of a long range is a short one, so that something is
    heard early.

    >>> list(plan(400, lambda _column: [120], most=250, context=25))
    [Window(start=0, stop=120, context=0), Window(start=95, stop=345, context=25), \
Window(start=320, stop=400, context=25)]
    """
    if columns <= most:
        yield Window(0, columns, 0)
        return
    window = Window(0, _join(0, most // 2, cuts), 0)
    yield window
    while window.stop < columns:
        start = window.stop - context
        stop = columns if columns - start <= most else _join(start, most, cuts)
        window = Window(start, stop, context)
        yield window


def _join(start: int, most: int, cuts: Callable[[int], Sequence[int]]) -> int:
    late = [cut for cut in cuts(start + most) if start + most // 2 < cut <= start + most]
    return max(late, default=start + most)
