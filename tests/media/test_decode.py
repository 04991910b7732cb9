"""The right picture for every frame, whatever the container, and no more work than that takes."""

from __future__ import annotations

import gc
import tracemalloc
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Movie, read_number, write_numbered

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip
from media.container import open_container
from media.decode import Converter, Decoder, pictures

FRAMES, GROUP, REORDER = 120, 30, 3
SIZE = (64, 32)
OPEN_GROUPS = {"x264-params": f"scenecut=0:keyint={GROUP}:bframes=3:open-gop=1"}
NTSC_FILM, NTSC, NTSC_60 = (Fraction(n, 1001) for n in (24000, 30000, 60000))
MOVIES = {
    "film.mp4": Movie(rate=NTSC_FILM, group=GROUP),
    "pal.mov": Movie(rate=Fraction(25), group=GROUP),
    "ntsc.mkv": Movie(rate=NTSC, group=GROUP),
    "ntsc60.mkv": Movie(rate=NTSC_60, group=GROUP),
    "offset.mkv": Movie(rate=NTSC_FILM, group=GROUP, start=Fraction(334, 1000)),
    "late.mp4": Movie(start=Fraction(12, 25), group=GROUP),
    "open.mp4": Movie(group=GROUP, codec_options=OPEN_GROUPS),
    "open.ts": Movie(group=GROUP, codec_options=OPEN_GROUPS),
    "film.ts": Movie(rate=NTSC_FILM, group=GROUP),
    "film.flv": Movie(rate=NTSC_FILM, group=GROUP),
    "old.avi": Movie(codec="mpeg4", group=GROUP, b_frames=2, codec_options={"b": "4M"}),
    "tape.mxf": Movie(codec="mpeg2video", group=12, b_frames=2, codec_options={"b": "5M"}),
    "spelt.mp4": Movie(rate=Fraction(1199, 50), group=GROUP),
}


@cache
def clip_of(name: str) -> Clip:
    return open_clip(write_numbered(Path(mkdtemp()) / name, FRAMES, MOVIES[name]))


def numbers(clip: Clip, start: int, stop: int, rate: Fraction | None = None) -> list[int]:
    shown = pictures(clip, start, stop, rate=rate or clip.rate, size=SIZE)
    return [read_number(rgb) for _, rgb in shown]


@pytest.mark.parametrize("name", MOVIES)
def test_every_frame_of_a_clip_is_the_picture_coded_for_it(name: str) -> None:
    clip = clip_of(name)
    assert clip.frames == FRAMES
    shown = list(pictures(clip, 0, FRAMES, rate=clip.rate, size=SIZE))
    assert [picture.index for picture in shown] == list(range(FRAMES))
    assert [read_number(picture.rgb) for picture in shown] == list(range(FRAMES))


@settings(max_examples=60)
@given(st.sampled_from(sorted(MOVIES)), st.integers(0, FRAMES - 1), st.integers(1, 12))
def test_a_range_is_exact_wherever_it_starts(name: str, start: int, length: int) -> None:
    stop = min(FRAMES, start + length)
    assert numbers(clip_of(name), start, stop) == list(range(start, stop))


@settings(max_examples=60)
@given(st.sampled_from(sorted(MOVIES)), st.integers(0, FRAMES - 1), st.integers(1, 40))
def test_a_range_costs_one_group_of_pictures_more_at_most(
    name: str, start: int, length: int
) -> None:
    """Before the range up to its key picture, after it what the coder's reordering sends ahead."""
    stop = min(FRAMES, start + length)
    decoder = Decoder(clip_of(name))
    list(decoder.pictures(start, stop, rate=decoder.clip.rate, size=SIZE))
    assert stop - start <= decoder.decoded <= stop - start + GROUP - 1 + REORDER


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(MOVIES)), st.lists(st.integers(0, FRAMES - 1), min_size=2, max_size=4)
)
def test_one_open_container_serves_range_after_range(name: str, starts: list[int]) -> None:
    clip = clip_of(name)
    decoder, converter = Decoder(clip), Converter(clip, SIZE)
    with open_container(clip.path) as container:
        for start in starts:
            key = decoder.key_frame(container, start, rate=clip.rate)
            assert start - GROUP < key <= start
            for begin in (start, key):
                coded = decoder.coded(container, begin, FRAMES, rate=clip.rate)
                shown = [(index, converter.rgb(picture)) for index, picture in islice(coded, 20)]
                expected = list(range(begin, min(FRAMES, begin + 20)))
                assert [index for index, _ in shown] == expected
                assert [read_number(rgb) for _, rgb in shown] == expected


@pytest.mark.parametrize("name", ["film.mp4", "pal.mov", "open.ts", "tape.mxf"])
def test_on_the_way_to_a_frame_pictures_that_no_other_needs_are_left_out(name: str) -> None:
    decoder = Decoder(clip_of(name))
    group = MOVIES[name].group
    list(decoder.pictures(3 * group - 1, 3 * group, rate=decoder.clip.rate, size=SIZE))
    assert decoder.decoded < 0.7 * group


@pytest.mark.parametrize("name", ["film.mp4", "open.ts"])
def test_a_range_from_a_key_picture_costs_itself(name: str) -> None:
    decoder = Decoder(clip_of(name))
    list(decoder.pictures(GROUP, 2 * GROUP, rate=decoder.clip.rate, size=SIZE))
    assert decoder.decoded <= GROUP + REORDER


@pytest.mark.parametrize("name", ["film.mp4", "ntsc.mkv"])
def test_another_reader_sees_the_same_pictures(name: str) -> None:
    clip = clip_of(name)
    other = cv2.VideoCapture(str(clip.path))
    for _, rgb in pictures(clip, 0, 20, rate=clip.rate, size=(clip.width, clip.height)):
        seen, bgr = other.read()
        assert seen
        assert np.abs(rgb.astype(int) - bgr[..., ::-1]).mean() < 2


@given(st.sampled_from([Fraction(8), Fraction(24), NTSC, Fraction(50), Fraction(120)]), st.data())
@settings(max_examples=30)
def test_at_another_rate_a_frame_is_what_is_shown_when_it_begins(
    rate: Fraction, data: st.DataObject
) -> None:
    clip = clip_of("pal.mov")
    frames = clip.frames_at(rate)
    start = data.draw(st.integers(0, frames - 1))
    stop = data.draw(st.integers(start + 1, min(frames, start + 20)))
    expected = [int(i / rate * clip.rate // 1) for i in range(start, stop)]
    assert numbers(clip, start, stop, rate) == expected


@given(
    st.lists(st.integers(500, 20_000), min_size=20, max_size=60),
    st.sampled_from(["vary.mp4", "vary.mkv"]),
    st.data(),
)
@settings(max_examples=25)
def test_with_a_variable_rate_a_frame_is_the_last_picture_begun(
    gaps: list[int], name: str, data: st.DataObject
) -> None:
    """Times in 90 kHz ticks; Matroska keeps milliseconds, so there they are whole ones."""
    if name.endswith("mkv"):
        gaps = [90 * (1 + gap // 90) for gap in gaps]
    times = [Fraction(sum(gaps[:i]), 90_000) for i in range(len(gaps))]
    path = Path(mkdtemp()) / name
    clip = open_clip(write_numbered(path, len(times), Movie(times=times, group=10)))
    start = data.draw(st.integers(0, clip.frames - 1))
    expected = [
        max(k for k, shown in enumerate(times) if shown <= i / clip.rate)
        for i in range(start, clip.frames)
    ]
    assert numbers(clip, start, clip.frames) == expected


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["short.mp4", "short.mkv", "short.mov"])
def test_the_shortest_clips_are_whole(tmp_path: Path, name: str, frames: int) -> None:
    clip = open_clip(write_numbered(tmp_path / name, frames))
    assert clip.frames == frames
    assert numbers(clip, 0, frames) == list(range(frames))


def test_pictures_before_an_edit_lists_start_are_not_shown(tmp_path: Path) -> None:
    movie = Movie(start=Fraction(-4, 25), group=GROUP)
    clip = open_clip(write_numbered(tmp_path / "trimmed.mov", FRAMES, movie))
    assert clip.frames == FRAMES - 4
    assert numbers(clip, 0, 10) == list(range(4, 14))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_pictures_come_upright(tmp_path: Path, turn: int, mirror: bool) -> None:
    movie = Movie(turn=turn, mirror=mirror)
    clip = open_clip(write_numbered(tmp_path / "turned.mp4", 5, movie))
    assert (clip.width, clip.height) == (128, 64)
    assert numbers(clip, 0, 5) == list(range(5))


def test_a_repeated_picture_is_converted_once(tmp_path: Path) -> None:
    clip = open_clip(write_numbered(tmp_path / "slow.mp4", 6, Movie(rate=Fraction(15))))
    assert clip.rate == 30
    shown = list(pictures(clip, 0, 12, rate=clip.rate, size=SIZE))
    assert all(shown[i].rgb is shown[i + 1].rgb for i in range(0, 12, 2))


def test_memory_does_not_grow_with_the_range(tmp_path: Path) -> None:
    clip = open_clip(write_numbered(tmp_path / "long.mp4", 1500, Movie(group=250)))

    def peak(frames: int) -> tuple[int, int]:
        """Bytes of arrays at the most, and decoded pictures alive at the most."""
        tracemalloc.start()
        alive = 0
        for index, _ in pictures(clip, 0, frames, rate=clip.rate, size=SIZE):
            if index % 50 == 49:
                alive = max(alive, sum(type(o) is VideoFrame for o in gc.get_objects()))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most, alive

    peak(100)
    short, long = peak(100), peak(1500)
    assert long[0] < short[0] + 200_000
    assert long[1] <= short[1] + 2


def index_first(folder: Path) -> tuple[Path, int, int]:
    """A movie whose index stands before its data, and the bytes from and to which that runs."""
    movie = Movie(group=GROUP, container_options={"movflags": "faststart"})
    path = write_numbered(folder / "whole.mp4", FRAMES, movie)
    data = path.read_bytes()
    return path, data.index(b"mdat"), len(data)


def test_data_that_ends_before_the_range_is_said_and_what_is_there_is_given(
    tmp_path: Path,
) -> None:
    whole, begin, end = index_first(tmp_path)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: (begin + end) // 2])
    clip = open_clip(cut)
    assert clip.frames == FRAMES
    assert numbers(clip, 10, 30) == list(range(10, 30))
    for start in (10, FRAMES - 5):
        with pytest.raises(CuelockError, match=r"ends .* s after its start") as raised:
            numbers(clip, start, FRAMES)
        assert raised.value.code == "media.truncated"


def test_a_damaged_stretch_keeps_the_pictures_after_it_in_place(tmp_path: Path) -> None:
    path, begin, end = index_first(tmp_path)
    data = bytearray(path.read_bytes())
    middle = (begin + end) // 2
    data[middle : middle + (end - begin) // 20] = bytes((end - begin) // 20)
    path.write_bytes(data)
    clip = open_clip(path)
    shown = list(pictures(clip, 0, FRAMES, rate=clip.rate, size=SIZE))
    assert [picture.index for picture in shown] == list(range(FRAMES))
    whole = [i for i in range(FRAMES) if not GROUP <= i < 3 * GROUP]
    assert [read_number(shown[i].rgb) for i in whole] == whole
