"""Times as editors type them into a timecode field."""

from __future__ import annotations

import re

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameIndex, Rate, frame_of_time, label_of_frame

_PARTS = re.compile(r"\d{1,3}([:;.,]\d{1,3}){1,3}")
_DIGITS = re.compile(r"\d{1,8}")
_COUNTED = re.compile(r"\d+(\.\d+)?[sf]", re.IGNORECASE)


def frame_of_entry(text: str, *, rate: Rate, start: int, now: int) -> FrameIndex:
    """A typed time as a frame of the clip, whose first frame has the label frame `start`.

    "01:00:02:00" is a label; "2:00", or "200" without marks, is the end of one, its beginning taken
    from the playhead's; "48f" and "2.5s" count from the clip's first frame. With a sign all of them
    count from the playhead, `now`. The frame may lie outside the clip.
    Raises CuelockError request.timecode.

    >>> rate = Rate.parse("25")
    >>> typed = ("01:00:02:00", "3:00", "+12", "-1:00", "+100", "48f", "2.5s")
    >>> [frame_of_entry(text, rate=rate, start=90_000, now=30) for text in typed]
    [50, 75, 42, 5, 55, 48, 63]
    """
    text = text.strip()
    if text[:1] in ("+", "-", "−"):
        frames = _duration(text[1:].strip(), rate)
        return FrameIndex(now + (frames if text[0] == "+" else -frames))
    if _COUNTED.fullmatch(text):
        return frame_of_time(text.lower(), rate, start)
    parts = _parts(text)
    here = re.split("[:;]", label_of_frame(start + now, rate))
    label = ":".join(here[: 4 - len(parts)] + [f"{part:02d}" for part in parts])
    return frame_of_time(label, rate, start)


def _duration(text: str, rate: Rate) -> int:
    """Frames of a distance: of a label, as many as from midnight to it."""
    if _COUNTED.fullmatch(text):
        return frame_of_time(text.lower(), rate, 0)
    hours, minutes, seconds, frames = [0] * (4 - len(parts := _parts(text))) + parts
    if not parts[:-1]:
        return frames
    minutes += 60 * hours
    counted = (60 * minutes + seconds) * rate.nominal + frames
    return counted - rate.dropped * (minutes - minutes // 10)


def _parts(text: str) -> list[int]:
    """Hours, minutes, seconds, frames, as many as are written, the frames last."""
    if _PARTS.fullmatch(text):
        return [int(part) for part in re.split("[:;.,]", text)]
    if _DIGITS.fullmatch(text):
        pairs = [text[max(0, end - 2) : end] for end in range(len(text), 0, -2)]
        return [int(pair) for pair in reversed(pairs)]
    raise CuelockError(
        "request.timecode",
        f"{text!r} is not a time.",
        hint="Write 01:00:02:00, +12, -1:00, 48f or 2.5s.",
    )
