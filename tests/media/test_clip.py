"""What a clip says of itself: size, rate, length, timecode, sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_factory import Movie, read_number, write_numbered
from pymediainfo import MediaInfo

from host_bridge.errors import CuelockError
from host_bridge.timecode import RATES
from media.clip import Clip, check_range, open_clip
from media.clock import constant_grid, holding_rate, nearest_rate
from media.decode import pictures


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "ts"])
def test_a_constant_rate_and_the_length_are_read_exactly(
    tmp_path: Path, container: str, rate: Fraction
) -> None:
    clip = open_clip(write_numbered(tmp_path / f"clip.{container}", 70, Movie(rate=rate, group=20)))
    assert (clip.rate, clip.frames, clip.variable_rate) == (rate, 70, False)


@given(st.sampled_from(RATES), st.sampled_from([2, 3]), st.integers(0, 2000))
def test_every_spelling_of_a_rate_means_that_rate(rate: Fraction, digits: int, frame: int) -> None:
    """23.98, 23.976, 29.97, 59.94: what programs write when they round."""
    spelt = Fraction(round(float(rate), digits)).limit_denominator(1000)
    assert constant_grid([spelt], spelt, [frame / spelt]) == spelt
    assert nearest_rate(spelt) == rate


@given(st.sampled_from([(24000, 24), (30000, 30), (60000, 60)]), st.integers(50, 5000))
def test_neighbouring_rates_are_told_apart_by_late_pictures(
    pair: tuple[int, int], frame: int
) -> None:
    """In ticks of 1/90000 s, as transport streams have them."""
    slow, fast = Fraction(pair[0], 1001), Fraction(pair[1])
    for true in (slow, fast):
        shown = [Fraction(round((frame + i) / true * 90_000), 90_000) for i in range(12)]
        assert constant_grid([slow, fast], true, shown) == true


@pytest.mark.parametrize(
    ("own", "rate"), [(15, 30), (12, 24), (Fraction(25, 2), 25), (10, 30), (20, 60), (240, 120)]
)
def test_rates_that_are_not_ours_play_in_the_one_that_holds_them(
    own: Fraction | int, rate: int
) -> None:
    assert constant_grid([Fraction(own)], Fraction(own), []) is None
    assert holding_rate(Fraction(own)) == rate


def test_a_phone_clip_of_variable_rate_is_conformed_to_its_mean(tmp_path: Path) -> None:
    steps = [3000, 3010, 2990, 4500, 1500] * 20
    times = [Fraction(sum(steps[:i]), 90_000) for i in range(100)]
    movie = Movie(rate=Fraction(30), times=times)
    clip = open_clip(write_numbered(tmp_path / "phone.mp4", 100, movie))
    assert (clip.rate, clip.variable_rate) == (30, True)
    assert abs(clip.frames - 100) <= 1


def test_a_header_that_claims_a_constant_rate_is_not_believed_against_the_times(
    tmp_path: Path,
) -> None:
    times = [Fraction(i * i, 1000) for i in range(60)]
    clip = open_clip(write_numbered(tmp_path / "liar.mkv", 60, Movie(times=times, group=10)))
    assert clip.variable_rate


@pytest.mark.parametrize(
    ("name", "rate", "timecode", "drop"),
    [
        ("a.mov", Fraction(24000, 1001), "01:00:00:00", False),
        ("b.mp4", Fraction(30000, 1001), "00:59:59;28", True),
        ("c.mov", Fraction(60000, 1001), "10:11:12;58", True),
        ("d.mkv", Fraction(25), "01:02:03:04", False),
        ("e.mxf", Fraction(25), "09:08:07:06", False),
        ("f.avi", Fraction(25), "01:00:00:00", False),
    ],
)
def test_embedded_timecode_is_read(
    tmp_path: Path, name: str, rate: Fraction, timecode: str, drop: bool
) -> None:
    codec = {"mxf": "mpeg2video", "avi": "mpeg4"}.get(name[-3:], "libx264")
    movie = Movie(rate=rate, timecode=timecode, codec=codec, group=12, b_frames=0)
    clip = open_clip(write_numbered(tmp_path / name, 30, movie))
    assert (clip.start_timecode, clip.drop) == (timecode, drop)


def test_a_clip_without_timecode_says_so(tmp_path: Path) -> None:
    clip = open_clip(write_numbered(tmp_path / "plain.mp4", 5))
    assert (clip.start_timecode, clip.drop, clip.has_sound) == (None, False, False)


def test_a_clip_knows_that_it_has_sound(tmp_path: Path) -> None:
    movie = Movie(sound=np.zeros(9600))
    assert open_clip(write_numbered(tmp_path / "heard.mp4", 5, movie)).has_sound


@pytest.mark.parametrize(("turn", "rotation"), [(0, 0), (90, 270), (180, 180), (-90, 90)])
@pytest.mark.parametrize("pixel_aspect", [Fraction(1), Fraction(4, 3), Fraction(8, 9)])
def test_the_shown_size_follows_rotation_and_pixel_aspect(
    tmp_path: Path, turn: int, rotation: int, pixel_aspect: Fraction
) -> None:
    movie = Movie(turn=turn, pixel_aspect=pixel_aspect)
    path = write_numbered(tmp_path / "shape.mov", 3, movie)
    clip = open_clip(path)
    coded_wide = turn % 180 == 0
    width = 128 * pixel_aspect if coded_wide else 128
    height = 64 if coded_wide else 64 * pixel_aspect
    assert (clip.width, clip.height, clip.rotation) == (round(width), round(height), rotation)
    told = MediaInfo.parse(path).video_tracks[0]
    assert round(float(told.rotation or 0)) == rotation
    assert float(told.pixel_aspect_ratio) == pytest.approx(float(pixel_aspect), abs=0.01)
    size = (clip.width, clip.height)
    for index, rgb in pictures(clip, 0, 3, rate=clip.rate, size=size):
        assert rgb.shape == (clip.height, clip.width, 3)
        assert rgb.flags.c_contiguous
        assert read_number(rgb) == index


@pytest.fixture(scope="module")
def thirty_frames(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return open_clip(write_numbered(tmp_path_factory.mktemp("range") / "clip.mp4", 30))


@given(
    start=st.integers(-5, 40),
    stop=st.integers(-5, 65),
    rate=st.sampled_from([None, Fraction(25), Fraction(50)]),
)
def test_a_range_is_accepted_exactly_when_it_lies_in_the_clip(
    thirty_frames: Clip, start: int, stop: int, rate: Fraction | None
) -> None:
    frames = 60 if rate == 50 else 30
    if 0 <= start < stop <= frames:
        check_range(thirty_frames, start, stop, rate=rate)
        return
    with pytest.raises(CuelockError) as raised:
        check_range(thirty_frames, start, stop, rate=rate)
    assert raised.value.code == "request.range"
