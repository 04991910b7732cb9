"""What is seen under the marks: the topmost movie of every frame, as pieces of files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Callable

from host_bridge.blender.strips import frame, strips_of
from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameRange, Rate, inside, outside

#: What has a picture of its own that no file holds.
_UNSEEN = ("META", "SCENE", "MOVIECLIP", "IMAGE")
_NEAR = Fraction(1, 1000)


def pieces_under(
    editor: Any, origin: int, marks: FrameRange, rate: Rate, absolute: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Pieces of the picture within a range, frames counted from the origin, in order.

    Raises CuelockError host.retimed for a strip whose frames cannot be known, media.missing for
    one whose movie is gone.
    """
    uncovered, pieces = [marks], list[dict[str, Any]]()
    shown = [
        one for one in strips_of(editor) if not (one.mute or editor.channels[one.channel].mute)
    ]
    slowed = {one.input_1.name for one in shown if one.type == "SPEED"}
    for strip in sorted(shown, key=lambda one: -one.channel):
        start, stop = (frame(strip, end) - origin for end in ("left_handle", "right_handle"))
        parts = inside(uncovered, start, stop)
        if not parts or strip.type not in ("MOVIE", *_UNSEEN):
            continue
        if strip.type in _UNSEEN or strip.name in slowed:
            raise _not_plain(strip.name)
        if not Path(absolute(strip.filepath)).is_file():
            raise _gone(strip.name, absolute(strip.filepath))
        pieces += [_piece(strip, part, origin, rate, absolute) for part in parts]
        uncovered = outside(uncovered, start, stop)
    return sorted(pieces, key=lambda piece: piece["start"])


def _piece(
    strip: Any, part: FrameRange, origin: int, rate: Rate, absolute: Callable[[str], str]
) -> dict[str, Any]:
    return {
        "start": part.start,
        "stop": part.stop,
        "path": absolute(strip.filepath),
        "media_start": _media_frame(strip, origin + part.start),
        "media_rate": str(_own_rate(strip).exact),
        "speed": str(_speed(strip, rate)),
    }


def _media_frame(strip: Any, at: int) -> int:
    """The file's frame that is shown at a frame: what is cut off before is not counted there."""
    shown = (at - frame(strip, "content_start")) * _factor(strip)
    return int(shown) + int(strip.animation_offset_start)


def _speed(strip: Any, rate: Rate) -> Fraction:
    """How fast the file passes. Blender shows one of its frames each frame, whatever its rate."""
    if strip.use_reverse_frames or list(getattr(strip, "retiming_keys", ())):
        raise _not_plain(strip.name)
    speed = _factor(strip) * rate.exact / _own_rate(strip).exact
    return Fraction(1) if abs(speed - 1) < _NEAR else speed


def _factor(strip: Any) -> Fraction:
    """Frames of the file each frame; since 4.0 retiming keys say so instead."""
    return Fraction(getattr(strip, "speed_factor", 1.0)).limit_denominator(10_000)


def _own_rate(strip: Any) -> Rate:
    try:
        return Rate.parse(f"{strip.fps:.6f}")
    except CuelockError as error:
        raise _not_plain(strip.name) from error


def _gone(name: str, path: str) -> CuelockError:
    return CuelockError(
        "media.missing",
        f"The movie {path} of the strip {name} under the marks is not there.",
        hint="Find it again with File > External Data, or put another in its place.",
    )


def _not_plain(name: str) -> CuelockError:
    return CuelockError(
        "host.retimed",
        f"The strip {name} under the marks is no movie at one speed.",
        hint="Render the range to a movie and put that in its place, or mark a plain strip.",
    )
