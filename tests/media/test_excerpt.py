"""An excerpt of a clip is read as the clip is: the same frames, the same pictures in its range."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_factory import Movie, read_number, write_numbered

from media.clip import Clip, open_clip
from media.decode import pictures
from media.excerpt import Extent, extents, is_faithful

FRAMES, START, STOP = 1000, 500, 550
SOUND = np.sin(np.arange(48_000 * 40) / 9).astype(np.float32)


def uneven() -> list[Fraction]:
    """Pictures one after 20 to 60 ms, one of them after two seconds."""
    rng = random.Random(1)
    gaps = [Fraction(rng.randrange(20, 61), 1000) for _ in range(FRAMES)]
    gaps[510] = Fraction(2)
    return [sum(gaps[:i], Fraction(0)) for i in range(FRAMES)]


MOVIES: dict[str, tuple[str, Movie]] = {
    "long groups": ("a.mp4", Movie(group=250)),
    "sound": ("a.mov", Movie(sound=SOUND, timecode="10:00:00:00")),
    "index first": ("a.mp4", Movie(container_options={"movflags": "faststart"})),
    "drop frame": ("a.mov", Movie(rate=Fraction(30000, 1001), timecode="01:00:00;00")),
    "variable": ("a.mp4", Movie(times=uneven())),
    "late start": ("a.mp4", Movie(start=Fraction(2))),
    "open groups": (
        "a.mp4",
        Movie(codec_options={"x264-params": "open-gop=1:keyint=48:bframes=3"}),
    ),
    "turned": ("a.mp4", Movie(turn=90)),
    "all key pictures": ("a.mov", Movie(codec="mpeg4", group=1, b_frames=0)),
}


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    def made(name: str) -> Clip:
        file, movie = MOVIES[name]
        return open_clip(write_numbered(tmp_path_factory.mktemp("movie") / file, FRAMES, movie))

    return made


def copied(clip: Clip, kept: list[Extent], to: Path) -> Path:
    """A copy of a clip's file with noise in place of what is not kept."""
    whole = clip.path.read_bytes()
    copy = bytearray(random.Random(0).randbytes(len(whole)))
    for extent in kept:
        copy[slice(*extent)] = whole[slice(*extent)]
    to.write_bytes(copy)
    return to


def numbers(clip: Clip, start: int, stop: int) -> list[int]:
    size = (clip.width, clip.height)
    shown = pictures(clip, start, stop, rate=clip.rate, size=size)
    return [read_number(picture.rgb) for picture in shown]


@pytest.mark.parametrize("name", MOVIES)
def test_an_excerpt_has_the_clips_frames_and_its_ranges_pictures(
    name: str, movie: Callable[[str], Clip], tmp_path: Path
) -> None:
    clip = movie(name)
    first, last = START / clip.rate, STOP / clip.rate
    kept = extents(clip, first, last)
    assert kept is not None
    assert sum(extent.stop - extent.start for extent in kept) < 0.8 * clip.path.stat().st_size
    copy = copied(clip, kept, tmp_path / clip.path.name)
    assert is_faithful(clip, copy, first, last)
    assert numbers(open_clip(copy), START, STOP) == numbers(clip, START, STOP)
    for start, stop in ((0, 50), (clip.frames - 50, clip.frames)):
        ends = extents(clip, start / clip.rate, stop / clip.rate)
        assert ends is not None
        copy = copied(clip, ends, tmp_path / clip.path.name)
        assert numbers(open_clip(copy), start, stop) == numbers(clip, start, stop)


def test_a_copy_that_lacks_a_picture_is_not_faithful(
    movie: Callable[[str], Clip], tmp_path: Path
) -> None:
    clip = movie("long groups")
    kept = extents(clip, START / clip.rate, STOP / clip.rate)
    assert kept is not None
    copy = copied(clip, kept, tmp_path / "a.mp4")
    assert not is_faithful(clip, copy, START / clip.rate, (STOP + 300) / clip.rate)
    assert not is_faithful(clip, tmp_path / "none.mp4", START / clip.rate, STOP / clip.rate)


def test_where_little_is_saved_or_no_index_tells_the_whole_clip_is_needed(
    movie: Callable[[str], Clip], tmp_path: Path
) -> None:
    clip = movie("long groups")
    assert extents(clip, Fraction(0), FRAMES / clip.rate) is None
    other = open_clip(write_numbered(tmp_path / "a.mkv", 300))
    assert extents(other, Fraction(4), Fraction(5)) is None
