"""Exact time: rates, frames, samples, SMPTE timecode. Integers and fractions, no floats.

A frame is counted from a clip's first picture; a label ("01:00:02:00") counts frames from
midnight. Sample of a frame: floor(frame * sample_rate / rate + 1/2), so that neighbouring
regions tile. Drop-frame labels skip :00 and :01 (twice or four times as many at 59.94 and
119.88) of every minute but each tenth. Source: SMPTE ST 12-1.

It needs nothing but Python: it also runs inside hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, NewType, Sequence

from host_bridge.errors import CuelockError

FrameIndex = NewType("FrameIndex", int)
SampleIndex = NewType("SampleIndex", int)

_HOURS = 24

RATES = tuple(
    Fraction(text)
    for text in (
        "24000/1001", "24", "25", "30000/1001", "30", "48", "50",
        "60000/1001", "60", "100", "120000/1001", "120",
    )
)  # fmt: skip
_DROP_RATES = tuple(rate for rate in RATES if rate.numerator % 30_000 == 0)
_NEAR = Fraction(1, 1000)
_RATE_WORDS = re.compile(r"([\d./]+)\s*(?:fps)?\s*(NDF|DF|ND|drop|non-drop)?", re.IGNORECASE)
_LABEL = re.compile(r"(\d{1,2})[:;.,](\d{2})[:;.,](\d{2})([:;.,])(\d{2,3})")
_SECONDS = re.compile(r"\d+(\.\d+)?s")
_FRAMES = re.compile(r"\d+f")


@dataclass(frozen=True)
class Rate:
    """Frames a second, exactly, and whether labels drop.

    >>> str(Rate.parse("29.97 DF")), str(Rate.parse("23.98"))
    ('30000/1001 DF', '24000/1001')
    """

    numerator: int
    denominator: int = 1
    drop: bool = False

    @staticmethod
    def parse(text: str) -> Rate:
        """A rate from a host's words: "23.976", "29.97 DF", "24000/1001", "59.94", "25".

        Raises CuelockError request.rate when it is none of RATES, or drops where none does.
        """
        words = _RATE_WORDS.fullmatch(text.strip())
        try:
            value = Fraction(words.group(1)) if words else None
        except (ValueError, ZeroDivisionError):
            value = None
        if words is None or value is None or value <= 0:
            raise _no_rate(text)
        exact = min(RATES, key=lambda rate: abs(rate - value))
        if abs(exact / value - 1) >= _NEAR / 2:
            raise _no_rate(text)
        drop = (words.group(2) or "").lower() in ("df", "drop")
        return Rate.of(exact, drop=drop)

    @staticmethod
    def of(exact: Fraction, *, drop: bool = False) -> Rate:
        """A rate of RATES. Raises CuelockError request.rate."""
        if exact not in RATES or (drop and exact not in _DROP_RATES):
            raise _no_rate(f"{exact}{' DF' if drop else ''}")
        return Rate(exact.numerator, exact.denominator, drop)

    @property
    def exact(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def nominal(self) -> int:
        """Frames a label counts to a second: 24 for 23.976."""
        return -(-self.numerator // self.denominator)

    @property
    def dropped(self) -> int:
        """Labels skipped in a minute that drops."""
        return self.nominal // 15 if self.drop else 0

    @property
    def frames_per_day(self) -> int:
        """Labels there are in 24 hours."""
        return _HOURS * 6 * self.per_ten_minutes

    @property
    def per_ten_minutes(self) -> int:
        """Labels there are in ten minutes, after which dropping repeats."""
        return 600 * self.nominal - 9 * self.dropped

    def __str__(self) -> str:
        number = (
            f"{self.numerator}/{self.denominator}" if self.denominator > 1 else str(self.numerator)
        )
        return f"{number} DF" if self.drop else number


class FrameRange(NamedTuple):
    """Frames [start, stop) of a clip, counted from its first picture."""

    start: FrameIndex
    stop: FrameIndex

    @property
    def frames(self) -> int:
        return self.stop - self.start


def inside(ranges: Sequence[FrameRange], start: int, stop: int) -> list[FrameRange]:
    """What of some ranges lies in [start, stop)."""
    common = [(max(one.start, start), min(one.stop, stop)) for one in ranges]
    return [FrameRange(FrameIndex(a), FrameIndex(b)) for a, b in common if a < b]


def outside(ranges: Sequence[FrameRange], start: int, stop: int) -> list[FrameRange]:
    """What of some ranges lies before `start` and from `stop` on.

    >>> outside([FrameRange(FrameIndex(0), FrameIndex(9))], 2, 5)
    [FrameRange(start=0, stop=2), FrameRange(start=5, stop=9)]
    """
    parts = [
        part
        for one in ranges
        for part in ((one.start, min(one.stop, start)), (max(one.start, stop), one.stop))
    ]
    return [FrameRange(FrameIndex(a), FrameIndex(b)) for a, b in parts if a < b]


def sample_of_frame(frame: int, rate: Rate, sample_rate: int) -> SampleIndex:
    """First sample of a frame: floor(frame * sample_rate / rate + 1/2).

    >>> sample_of_frame(FrameIndex(84), Rate.parse("23.976"), 48_000)
    168168
    """
    return SampleIndex(
        (2 * frame * sample_rate * rate.denominator + rate.numerator) // (2 * rate.numerator)
    )


def frame_of_sample(sample: int, rate: Rate, sample_rate: int) -> FrameIndex:
    """The frame that holds a sample: the last whose first sample is not after it."""
    frame = sample * rate.numerator // (sample_rate * rate.denominator)
    while sample_of_frame(frame + 1, rate, sample_rate) <= sample:
        frame += 1
    while sample_of_frame(frame, rate, sample_rate) > sample:
        frame -= 1
    return FrameIndex(frame)


def nearest_frame(samples: int, rate: Rate, sample_rate: int) -> FrameIndex:
    """The frame that begins nearest to a sample; so many samples as whole frames."""
    second = sample_rate * rate.denominator
    return FrameIndex((2 * samples * rate.numerator + second) // (2 * second))


def label_of_frame(frame: int, rate: Rate) -> str:
    """SMPTE label of a frame counted from midnight; wraps at 24 hours.

    >>> label_of_frame(1800, Rate.parse("29.97 DF"))
    '00:01:00;02'
    """
    frame %= rate.frames_per_day
    if rate.drop:
        tens, rest = divmod(frame, rate.per_ten_minutes)
        minute = max(0, rest - rate.dropped) // (60 * rate.nominal - rate.dropped)
        frame += rate.dropped * (9 * tens + minute)
    seconds, frames = divmod(frame, rate.nominal)
    width = 3 if rate.nominal > 100 else 2
    mark = ";" if rate.drop else ":"
    return (
        f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{frames:0{width}d}"
    )


def frame_of_label(label: str, rate: Rate) -> FrameIndex:
    """Frame from midnight of a SMPTE label; `:`, `;`, `.` and `,` are all read.

    Raises CuelockError request.timecode for what is no label of this rate.
    """
    parts = _LABEL.fullmatch(label.strip())
    if parts is None:
        raise _no_time(label)
    hours, minutes, seconds = (int(parts.group(n)) for n in (1, 2, 3))
    frames = int(parts.group(5))
    if hours >= _HOURS or minutes >= 60 or seconds >= 60 or frames >= rate.nominal:
        raise CuelockError(
            "request.timecode",
            f"{label} is no timecode at {rate}.",
            hint=f"Hours go to 23, minutes and seconds to 59, frames to {rate.nominal - 1}.",
        )
    if seconds == 0 and minutes % 10 and frames < rate.dropped:
        start = f"{hours:02d}:{minutes:02d}:00;{rate.dropped:02d}"
        raise CuelockError(
            "request.timecode",
            f"{label} does not exist in drop-frame counting.",
            hint=f"The minute begins with {start}.",
        )
    minute = 60 * hours + minutes
    counted = (60 * minute + seconds) * rate.nominal + frames
    return FrameIndex(counted - rate.dropped * (minute - minute // 10))


def time_reference(frame: int, rate: Rate, sample_rate: int) -> SampleIndex:
    """Samples since midnight of a frame counted from midnight, at its true rate; wraps with labels.

    Source: EBU Tech 3285, TimeReference.

    >>> rate = Rate.parse("23.976")
    >>> time_reference(frame_of_label("01:00:02:00", rate), rate, 48_000)
    173068896
    """
    return sample_of_frame(frame % rate.frames_per_day, rate, sample_rate)


def frame_of_time(text: str, rate: Rate, start: int) -> FrameIndex:
    """A user's time as a frame of the clip, whose first frame has the label frame `start`.

    "01:00:02:00" is a label (midnight may lie between); "2.5s" and "48f" count from the clip's
    first frame. Raises CuelockError request.timecode.

    >>> rate = Rate.parse("25")
    >>> [frame_of_time(t, rate, 90_000) for t in ("01:00:02:00", "2.5s", "48f")]
    [50, 63, 48]
    """
    text = text.strip()
    if _FRAMES.fullmatch(text):
        return FrameIndex(int(text[:-1]))
    if _SECONDS.fullmatch(text):
        seconds = Fraction(Decimal(text[:-1]))
        return FrameIndex(int(seconds * rate.exact + Fraction(1, 2)))
    offset = frame_of_label(text, rate) - start
    # A label far before the start lies behind midnight; a little before it is a mistake.
    return FrameIndex(
        offset + rate.frames_per_day if offset < -rate.frames_per_day // 2 else offset
    )


def frame_range(start: int, stop: int) -> FrameRange:
    """Frames [start, stop). Raises CuelockError request.range when negative or without length."""
    if start < 0:
        raise CuelockError(
            "request.range",
            "The in point lies before the clip's first frame.",
            hint="Check the in point and the clip's start timecode.",
        )
    if stop <= start:
        raise CuelockError(
            "request.range",
            "The out point does not lie after the in point.",
            hint="The out point is exclusive: the first frame that is not wanted any more.",
        )
    return FrameRange(FrameIndex(start), FrameIndex(stop))


def _no_rate(text: str) -> CuelockError:
    return CuelockError(
        "request.rate",
        f"{text!r} is not a frame rate cuelock works at.",
        hint="Rates: 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100, 119.88, 120; "
        "drop-frame (DF) at 29.97, 59.94 and 119.88.",
    )


def _no_time(text: str) -> CuelockError:
    return CuelockError(
        "request.timecode",
        f"{text!r} is not a time.",
        hint='Write 01:00:02:00 (";" for drop-frame), 2.5s or 48f.',
    )
