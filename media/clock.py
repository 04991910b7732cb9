"""The picture's clock: from a stream's time stamps to seconds and frames, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from host_bridge.timecode import RATES
from media.container import packet_pts, packets_from, places_back

#: Rates this near to each other (as a ratio) are one rate, spelt differently: 23.98 is 23.976.
_SAME_RATE = Fraction(1, 2000)
#: A stream whose mean rate is this near to its grid is constant: some pictures may be dropped.
_MOSTLY_FULL = Fraction(1, 50)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """When the pictures of one stream are shown.

    rate: frames a second, one of RATES. variable_rate: pictures do not come one a frame of it;
    they are placed by their times. grid: the stream's own spelling of `rate` (2997/125 for
    24000/1001), on which a constant stream's pictures are counted. time_base: seconds a tick;
    first_pts, first_dts: the ticks at which showing and decoding start.
    """

    rate: Fraction
    variable_rate: bool
    grid: Fraction
    time_base: Fraction
    first_pts: int
    first_dts: int

    def time_of(self, pts: int) -> Fraction:
        """Seconds from the first picture to the one at `pts`, cleared of the ticks' rounding.

        Constant rate: its number on the grid over the rate. Variable: its time, half a tick early.
        """
        ticks = pts - self.first_pts
        if self.variable_rate:
            return (ticks - Fraction(1, 2)) * self.time_base
        return round(ticks * self.time_base * self.grid) / self.rate

    def pts_near(self, seconds: Fraction) -> int:
        """The tick at about so many seconds after the first picture: a place to seek from."""
        return self.first_pts + int(seconds / self.time_base)


def read_clock(
    container: InputContainer, stream: VideoStream, *, first_pts: int, first_dts: int
) -> tuple[Clock, int]:
    """The clock of a stream and how many frames it runs, from its header and its last packets.

    first_pts, first_dts: in ticks, of the first picture and the first packet.
    The end is where the last picture ends; if the file breaks off before, where its header says.
    """
    time_base = stream.time_base or Fraction(1, av.time_base)
    spelt = [rate for rate in (stream.guessed_rate, stream.codec_context.framerate) if rate]
    average = next(rate for rate in (stream.average_rate, *spelt, Fraction(25)) if rate)
    lasts = round(1 / (average * time_base))
    ends = {
        pts: pts + (packet.duration or lasts)
        for packet in _last_packets(container, stream, first_dts, time_base)
        if (pts := packet_pts(packet)) is not None
    }
    grid = constant_grid(spelt, average, [(pts - first_pts) * time_base for pts in ends])
    rate = nearest_rate(grid) if grid else holding_rate(average)
    end_pts = ends[max(ends)] if ends else first_pts + lasts
    if _breaks_off(container, stream):
        end_pts = first_pts + (stream.duration or lasts)
    clock = Clock(
        rate=rate,
        variable_rate=grid is None,
        grid=grid or rate,
        time_base=time_base,
        first_pts=first_pts,
        first_dts=first_dts,
    )
    return clock, max(1, round((end_pts - first_pts) * time_base * clock.grid))


def nearest_rate(rate: Fraction) -> Fraction:
    """The one of RATES that differs least, as a ratio.

    >>> nearest_rate(Fraction(2398, 100))
    Fraction(24000, 1001)
    """
    return min(RATES, key=lambda ours: max(ours / rate, rate / ours))


def holding_rate(rate: Fraction) -> Fraction:
    """The one of RATES for pictures that come at another rate: a multiple of it, or the nearest.

    >>> holding_rate(Fraction(15)), holding_rate(Fraction(2950, 100))
    (Fraction(30, 1), Fraction(30000, 1001))
    """
    multiples = (r for r in RATES if r > rate and abs(r / rate / round(r / rate) - 1) <= _SAME_RATE)
    near = nearest_rate(rate)
    return near if abs(near / rate - 1) <= _MOSTLY_FULL else next(multiples, near)


def constant_grid(
    spelt: list[Fraction], average: Fraction, shown: list[Fraction]
) -> Fraction | None:
    """The spelling of a rate of RATES on which a stream's pictures stand; None: they do not.

    spelt: rates that the container and the coder claim; average: pictures a second;
    shown: when some late pictures are shown, in seconds from the first: 24 and 23.976 lie too
    near to each other to be told apart at a clip's start.
    """
    usable = [
        own
        for own in spelt
        if abs(average / own - 1) <= _MOSTLY_FULL and abs(own / nearest_rate(own) - 1) <= _SAME_RATE
    ]
    grid = min(usable, key=lambda own: _misfit(own, shown), default=None)
    return grid if grid and _misfit(grid, shown) <= Fraction(1, 4) else None


def _misfit(grid: Fraction, shown: list[Fraction]) -> Fraction:
    """How far pictures stand from whole frames at most, in frames; 1 where two stand on one."""
    places = [seconds * grid for seconds in shown]
    if len({round(place) for place in places}) < len(places):
        return Fraction(1)
    return max((abs(place - round(place)) for place in places), default=Fraction(0))


def _last_packets(
    container: InputContainer, stream: VideoStream, first_dts: int, time_base: Fraction
) -> list[Packet[VideoStream]]:
    """The packets of the last pictures, of a second at least, if the clip has that."""
    seconds = Fraction(container.duration or 0, av.time_base)
    end = first_dts + max(stream.duration or 0, round(seconds / time_base))
    for place in places_back(end - int(1 / time_base), first_dts, time_base):
        packets = [p for p in packets_from(container, stream, place) if not p.is_discard]
        if packets:
            return packets
    return []


def _breaks_off(container: InputContainer, stream: VideoStream) -> bool:
    """Whether the file's index names data beyond the file's end."""
    entries = stream.index_entries
    return len(entries) > 0 and entries[-1].pos + entries[-1].size > container.size
