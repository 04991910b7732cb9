"""Stems of the real engine for every rate and start that hosts are tried at, and where they are."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from media_factory import Movie, write_numbered

from engine.service.render import render
from host_bridge.placing import stems_of
from host_bridge.protocol import Layer, RenderReply, RenderRequest
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame
from host_bridge.timeline import MarkedRange, Piece, Stem

RATES = ("24000/1001", "25", "30000/1001 DF", "60000/1001")
STARTS = ("00:00:00:00", "01:00:00:00", "23:59:58:00")


class Case(NamedTuple):
    """A timeline's rate and start."""

    rate: str
    start: str

    def __str__(self) -> str:
        return f"{self.rate} {self.start}"

    @property
    def exact(self) -> Rate:
        return Rate.parse(self.rate)

    @property
    def first(self) -> FrameIndex:
        return frame_of_label(self.start, self.exact)

    @property
    def label(self) -> str:
        """The start as a person writes it at this rate."""
        return label_of_frame(self.first, self.exact)

    @property
    def marks(self) -> tuple[int, int]:
        """One second and a bit in, so long that the third start passes midnight."""
        return round(1.9 * self.exact.exact), round(2.7 * self.exact.exact)


#: What a host may add to a stem on its way out: MLT mixes in 16 bits.
HEARD = 2**-13
_FRAME = 700  # samples: less than a frame of the fastest rate

CASES = tuple(Case(rate, start) for rate in RATES for start in STARTS)


@cache
def movie(folder: Path, rate: str) -> Path:
    """Four seconds of numbered pictures."""
    exact = Rate.parse(rate).exact
    path = folder / f"picture-{Rate.parse(rate).nominal}.mp4"
    return write_numbered(path, 4 * Rate.parse(rate).nominal, Movie(rate=Fraction(exact)))


def marked(case: Case, clip: Path, at: tuple[int, int] | None = None) -> MarkedRange:
    """The marked range that a host should show for a case: the movie from the first frame on."""
    start, stop = at or case.marks
    return MarkedRange(
        host="", timeline="", rate=str(case.exact), first=case.first, start=FrameIndex(start),
        stop=FrameIndex(stop),
        pieces=(
            Piece(
                start=FrameIndex(0), stop=FrameIndex(4 * case.exact.nominal), path=str(clip),
                media_start=FrameIndex(0), media_rate=str(case.exact),
            ),
        ),
    )  # fmt: skip


@cache
def rendered(folder: Path, case: Case) -> RenderReply:
    """A short take of the case's marks, made by the engine in this process."""
    start, stop = case.marks
    request = RenderRequest(
        clip=str(movie(folder, case.rate)), layers=(Layer(name="knock", prompt="wood", seed=1),),
        to=str(folder / f"{case.exact.nominal}-{case.start[:2]}"), range_in=f"{start}f",
        range_out=f"{stop}f", start_timecode=case.start, rate=case.rate, steps=1,
    )  # fmt: skip
    return render(request).reply


def stems(folder: Path, case: Case) -> tuple[Stem, ...]:
    """Its stems where they belong on the case's timeline."""
    return stems_of(rendered(folder, case), marked(case, movie(folder, case.rate)))


def heard_at(exported: np.ndarray, stem: Stem, drift: int = 0) -> int:
    """The sample at which an export begins to hold a stem, whatever the level it plays at.

    exported: [samples] of one channel. drift: samples by which the host may shift what follows
    the first frame. Fails when the stem is not there to its end, or anything else is.
    """
    sound, _ = soundfile.read(stem.path)
    first = int(np.flatnonzero(exported)[0])
    level = float(np.abs(exported).max() / np.abs(sound).max())
    assert level > 0.5
    start = min(
        range(max(0, first - 3), first + 4),
        key=lambda at: np.abs(exported[at : at + _FRAME] - level * sound[:_FRAME]).max(),
    )
    ends = np.pad(exported, (drift, drift + len(sound)))[start:]
    off = [
        np.abs(ends[shift : shift + len(sound)] - level * sound) for shift in range(2 * drift + 1)
    ]
    assert off[drift][:_FRAME].max() < HEARD
    assert np.minimum.reduce(off).max() < HEARD
    assert not exported[:start].any()
    assert not exported[start + len(sound) + drift :].any()
    return start
