"""Ranges of a clip that are meant together: shots, what lies about events, a list of times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameIndex
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.session import Region
from plugin_ui.transport.entry import frame_of_entry

_BEFORE_SECONDS, _AFTER_SECONDS = 0.25, 2.0  # what an event's sound needs about it
_BETWEEN = re.compile(r"[\s,]+(?:-|–|to|bis)?[\s,]*")


def shots(cuts: Iterable[int], within: Region) -> tuple[Region, ...]:
    """What lies between the cuts inside a range. cuts: frames at which new shots begin.

    >>> shots((10, 30), Region(5, 40))
    (Region(start=5, stop=10), Region(start=10, stop=30), Region(start=30, stop=40))
    """
    inside = sorted({cut for cut in cuts if within.start < cut < within.stop})
    edges = [within.start, *inside, within.stop]
    return tuple(Region(start, stop) for start, stop in pairwise(edges))


def around_events(frames: Iterable[int], fps: float, within: Region) -> tuple[Region, ...]:
    """A range for each event inside a range: from shortly before it, at most to the next one's.

    >>> around_events((10, 40, 200), 24, Region(0, 210))
    (Region(start=4, stop=34), Region(start=34, stop=88), Region(start=194, stop=210))
    """
    before, after = round(_BEFORE_SECONDS * fps), round(_AFTER_SECONDS * fps)
    events = sorted({frame for frame in frames if within.start <= frame < within.stop})
    begins = [max(within.start, event - before) for event in events]
    return tuple(
        Region(begin, min(event + after, following))
        for begin, event, following in zip(begins, events, [*begins[1:], within.stop], strict=True)
    )


def listed(text: str, timeline: Timeline) -> tuple[Region, ...]:
    """A line for each range, in and out (exclusive) as people type times.

    Raises CuelockError request.timecode for what is no time, request.range for a line of other than
    two times, or whose range does not lie in the clip.

    >>> from host_bridge.timecode import Rate
    >>> listed("01:00:01:00 - 01:00:02:00\\n\\n2s, 80f", Timeline(
    ...     rate=Rate.parse("25"), start="01:00:00:00", frames=100))
    (Region(start=25, stop=50), Region(start=50, stop=80))
    """
    return tuple(_line(line.strip(), timeline) for line in text.splitlines() if line.strip())


def _line(line: str, timeline: Timeline) -> Region:
    times = _BETWEEN.split(line)
    if len(times) != 2:
        raise CuelockError(
            "request.range",
            f"{line!r} is no range.",
            hint="Write in and out on a line, as 01:00:02:00 - 01:00:04:12.",
        )
    start, stop = (
        frame_of_entry(time, rate=timeline.rate, start=timeline.origin, now=FrameIndex(0))
        for time in times
    )
    if not 0 <= start < stop <= timeline.frames:
        raise CuelockError(
            "request.range",
            f"{line} lies outside the clip, or ends before it begins.",
            hint=f"The clip goes from {timeline.label(0)} to {timeline.label(timeline.frames)}.",
        )
    return Region(start, stop)
