"""Option values that a type alone does not settle, refused in words before any work begins."""

from __future__ import annotations

from host_bridge.errors import CuelockError


def strictness_in_range(value: float | None) -> float | None:
    """Pass 0..1 on. Raises CuelockError request.option, for NaN too."""
    if value is None or 0 <= value <= 1:
        return value
    raise CuelockError(
        "request.option",
        f"--strictness must be a number from 0 to 1, not {value:g}.",
        hint="0 lets the sound go its own way, 1 holds it to the curves.",
    )


def focus_in_picture(value: str | None) -> str | None:
    """Pass a box "x,y,w,h" on that lies in the picture (all fractions of it, w and h above 0).

    Raises CuelockError request.focus.
    """
    if value is None:
        return None
    try:
        x, y, w, h = (float(number) for number in value.split(","))
    except ValueError:
        raise _outside(value, "is not four numbers") from None
    if not (0 <= x < x + w <= 1 and 0 <= y < y + h <= 1):
        raise _outside(value, "does not lie in the picture")
    return value


def _outside(value: str, why: str) -> CuelockError:
    return CuelockError(
        "request.focus",
        f"The focus {value!r} {why}.",
        hint="Give left, top, width and height as fractions of the picture: --focus 0.5,0,0.5,1.",
    )
