"""Timelines that tests of the exchange share: drawn ones, and what each format can hold of them."""

from __future__ import annotations

import math
import wave
from fractions import Fraction
from functools import cache
from itertools import count
from pathlib import Path

from hypothesis import strategies as st

from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, nearest
from host_bridge.exchange.files import name_of
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, Marker

RATES = tuple(map(Rate.parse, ("23.976", "25", "29.97 DF", "59.94")))
STARTS = ("00:00:00:00", "01:00:00:00", "23:59:58:00")
#: Every rate with one start, and every start with a rate: for what takes long.
PAIRS = tuple(zip(RATES, (*STARTS, STARTS[0]), strict=True))
LONG = 24_000  # frames of every made medium
STEM = 4_800  # samples of every made stem
SPEEDS = (1, 1, 1, 2, 3, Fraction(1, 2), Fraction(1, 3), -1, Fraction(-1, 2), 0)


@cache
def stem_file(folder: Path, name: str, channels: int = 1) -> Path:
    """A 24-bit sound whose bytes count up."""
    path = folder / name
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(3)
        file.setframerate(SAMPLE_RATE)
        size = STEM * channels * 3
        file.writeframes(bytes(n % 251 for n in range(size)))
    return path


def film(rate: Rate, name: str = "/cuts/a scene.mov", hours: int = 1) -> Medium:
    first = frame_of_label(f"{hours:02d}:00:00:00", rate)
    return Medium(name, rate.exact, first / rate.exact, LONG / rate.exact)


def stem(folder: Path, name: str, at: Fraction, cut_start: Fraction, channels: int = 1) -> Shot:
    path = stem_file(folder, name, channels)
    origin = cut_start + at
    length = Fraction(STEM, SAMPLE_RATE)
    medium = Medium(str(path), origin=origin, length=length, channels=channels)
    return Shot(medium, at, at + length, origin, name=name)


@st.composite
def cuts(draw: st.DrawFn, folder: Path) -> Cut:
    """A cut whose first clip begins at its first frame; every time is one that formats can hold."""
    rate = draw(st.sampled_from(RATES))
    first = frame_of_label(draw(st.sampled_from(STARTS)), rate)
    media = [film(rate), film(rate, "/cuts/b.mov", 0), film(rate, "/cuts/ünder 100%.mp4", 2)]
    lanes = [
        Lane(f"V{n}", draw(_shots(media, rate, begins=n == 1)))
        for n in range(1, draw(st.integers(2, 3)))
    ]
    midnight = Fraction(sample_of_frame(first, rate, SAMPLE_RATE), SAMPLE_RATE)
    sounds = [
        Lane(f"cuelock {n}", draw(_stems(folder, n, midnight)))
        for n in range(1, draw(st.integers(1, 4)))
    ]
    marks = draw(st.lists(st.integers(0, 200), unique=True, max_size=3))
    return Cut(
        name=draw(st.sampled_from(["Reel 1", "akt 3 – größe & <klein>"])),
        rate=rate,
        first=first,
        pictures=tuple(lane for lane in lanes if lane.shots),
        sounds=tuple(sounds),
        markers=tuple(
            Marker(frame=FrameIndex(m), name=f"hit {m}", key=f"cuelock:{m}") for m in sorted(marks)
        ),
    )


@st.composite
def _shots(draw: st.DrawFn, media: list[Medium], rate: Rate, *, begins: bool) -> tuple[Shot, ...]:
    at = 0
    shots: list[Shot] = []
    for _ in range(draw(st.integers(1, 4))):
        at += 0 if begins and not shots else draw(st.sampled_from([0, 0, 7]))
        frames, medium = draw(st.integers(1, 60)), draw(st.sampled_from(media))
        speed = Fraction(draw(st.sampled_from(SPEEDS)))
        source = draw(st.integers(100, 1000)) * 6 + (5 if speed < 0 else 0)
        shots.append(
            Shot(
                medium,
                at / rate.exact,
                (at + frames) / rate.exact,
                (medium.origin or 0) + source / rate.exact,
                speed,
                name_of(medium.address),
            )
        )
        at += frames
    return tuple(shots)


@st.composite
def _stems(draw: st.DrawFn, folder: Path, lane: int, midnight: Fraction) -> tuple[Shot, ...]:
    at = 0
    shots: list[Shot] = []
    for number in range(draw(st.integers(1, 3))):
        at += draw(st.integers(0, 9_999))
        shots.append(stem(folder, f"stem {lane} {number}.wav", Fraction(at, SAMPLE_RATE), midnight))
        at += STEM
    return tuple(shots)


def held(cut: Cut, form: str) -> Cut:
    """What a format can hold of a cut."""
    if form == "fcp7":
        return cut._replace(sounds=tuple(_on_frames(lane, cut) for lane in cut.sounds))
    if form == "edl":
        seen = tuple(_from_a_frame(_bare(shot), cut) for shot in cut.seen)
        numbers = count(1)
        return cut._replace(
            pictures=(Lane("V1", seen),),
            sounds=tuple(
                Lane(
                    f"A{next(numbers)}", tuple(_bare(shot) for shot in _on_frames(lane, cut).shots)
                )
                for lane in cut.sounds
            ),
        )
    return cut


def _on_frames(lane: Lane, cut: Cut) -> Lane:
    """Times on the nearest frame; a medium's own time is that of a frame, too."""

    def grid(seconds: Fraction) -> Fraction:
        return nearest(seconds * cut.rate.exact) / cut.rate.exact

    shots = []
    for shot in lane.shots:
        origin, length = (
            grid(shot.medium.origin or Fraction(0)),
            grid(shot.medium.length or Fraction(0)),
        )
        medium = shot.medium._replace(origin=origin, length=length)
        shots.append(
            Shot(
                medium, grid(shot.start), grid(shot.stop), grid(shot.source), shot.speed, shot.name
            )
        )
    return lane._replace(shots=tuple(shots))


def _from_a_frame(shot: Shot, cut: Cut) -> Shot:
    """A shot of an EDL begins with a whole frame of its source; half frames go up."""
    frame = math.floor(shot.source * cut.rate.exact + Fraction(1, 2))
    return shot._replace(source=frame / cut.rate.exact)


def _bare(shot: Shot) -> Shot:
    return shot._replace(medium=Medium(shot.medium.address))
