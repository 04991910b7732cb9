"""The focus box: a part of the picture, in fractions of its width and height."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

#: No side of a box is shorter.
_LEAST = 0.01
_STEPS = 1000  # a box is written in thousandths


class Point(NamedTuple):
    x: float
    y: float


class Grip(NamedTuple):
    """What of a box is held: its left (-1), right (1) or neither side, and so from top to bottom.

    Grip(0, 0) is the whole of it.
    """

    across: int
    down: int


GRIPS = tuple(Grip(across, down) for down, across in product((-1, 0, 1), repeat=2))
WHOLE = Grip(0, 0)


class Box(NamedTuple):
    """Edges in fractions: 0 <= left < right <= 1, 0 <= top < bottom <= 1."""

    left: float
    top: float
    right: float
    bottom: float

    @staticmethod
    def parse(focus: str) -> Box:
        """From "x,y,w,h", as a layer has it.

        >>> str(Box.parse("0.25,0.5,0.25,0.5"))
        '0.250,0.500,0.250,0.500'
        """
        x, y, w, h = (float(part) for part in focus.split(","))
        return Box(x, y, min(1.0, x + w), min(1.0, y + h))

    @staticmethod
    def spanned(one: Point, other: Point) -> Box:
        """The box with two points as corners, no smaller than a box may be and inside the picture.

        >>> Box.spanned(Point(0.9, 0.2), Point(1.4, 0.1))
        Box(left=0.9, top=0.1, right=1.0, bottom=0.2)
        """
        left, right = _side(one.x, other.x)
        top, bottom = _side(one.y, other.y)
        return Box(left, top, right, bottom)

    def __str__(self) -> str:
        left, top, right, bottom = (round(edge * _STEPS) for edge in self)
        parts = (left, top, right - left, bottom - top)
        return ",".join(f"{part / _STEPS:.3f}" for part in parts)

    def place(self, grip: Grip) -> Point:
        """Where a grip is: corners, middles of sides, the middle."""
        across, down = (grip.across + 1) / 2, (grip.down + 1) / 2
        return Point(
            self.left + across * (self.right - self.left),
            self.top + down * (self.bottom - self.top),
        )

    def pulled(self, grip: Grip, by: Point) -> Box:
        """The box after a grip went so far; a side pulled over the other changes places with it.

        >>> Box(0.25, 0.25, 0.5, 0.5).pulled(WHOLE, Point(0.75, -0.125))
        Box(left=0.75, top=0.125, right=1.0, bottom=0.375)
        """
        if grip == WHOLE:
            across = min(max(by.x, -self.left), 1 - self.right)
            down = min(max(by.y, -self.top), 1 - self.bottom)
            return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)
        return Box.spanned(
            Point(self.left + by.x * (grip.across < 0), self.top + by.y * (grip.down < 0)),
            Point(self.right + by.x * (grip.across > 0), self.bottom + by.y * (grip.down > 0)),
        )

    def grip_at(self, point: Point, reach: Point) -> Grip | None:
        """What is held at a point: a handle not farther than `reach`, else the whole, else None."""
        for grip in GRIPS:
            place = self.place(grip)
            near = abs(point.x - place.x) <= reach.x and abs(point.y - place.y) <= reach.y
            if grip != WHOLE and near:
                return grip
        inside = self.left <= point.x <= self.right and self.top <= point.y <= self.bottom
        return WHOLE if inside else None


def _side(one: float, other: float) -> tuple[float, float]:
    low, high = max(0.0, min(one, other)), min(1.0, max(one, other))
    if high - low >= _LEAST:
        return low, high
    low = min(max(low, 0.0), 1 - _LEAST)
    return low, low + _LEAST
