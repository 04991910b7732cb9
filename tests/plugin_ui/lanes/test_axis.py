"""The axis: frames to pixels and back, zoom to the pointer, and nothing lost at the ends."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.service.region import region_at
from engine.service.span import SAMPLE_RATE, Span
from host_bridge.timecode import FrameIndex, FrameRange, Rate, label_of_frame
from media.clip import Clip
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.ruler import frame_of_count, label_count, sensible_step
from plugin_ui.lanes.timeline import Timeline

HOUR = Timeline(rate=Rate.parse("29.97 DF"), start="00:59:58;00", frames=107_892)


def axis_at(width: int, zooms: list[tuple[float, float]]) -> TimeAxis:
    axis = TimeAxis(HOUR)
    axis.set_width(width)
    for factor, share in zooms:
        axis.zoom(factor, share * width)
    return axis


zooms = st.lists(st.tuples(st.floats(0.2, 20), st.floats(0, 1)), max_size=6)
widths = st.integers(100, 4000)


@given(widths, zooms, st.floats(-500, 4500))
def test_a_place_is_the_place_of_its_frame(
    width: int, zooms: list[tuple[float, float]], x: float
) -> None:
    axis = axis_at(width, zooms)
    assert axis.x_of(axis.frame_at(x)) == pytest.approx(x, abs=1e-5)


@given(widths, zooms, st.floats(1, 30), st.floats(0, 1))
def test_zooming_in_keeps_the_frame_under_the_pointer(
    width: int, zooms: list[tuple[float, float]], factor: float, share: float
) -> None:
    axis = axis_at(width, zooms)
    frame = axis.frame_at(share * width)
    assume(0 <= frame <= HOUR.frames)
    axis.zoom(factor, share * width)
    assert axis.x_of(frame) == pytest.approx(share * width, abs=1e-3)


@given(widths, zooms, st.floats(0.05, 1), st.floats(0, 1))
def test_zooming_out_keeps_it_too_unless_an_end_comes_into_sight(
    width: int, zooms: list[tuple[float, float]], factor: float, share: float
) -> None:
    axis = axis_at(width, zooms)
    frame = axis.frame_at(share * width)
    axis.zoom(factor, share * width)
    first, last = axis.whole
    at_an_end = axis.left <= first + 1e-6 or axis.left + axis.seen >= last - 1e-6
    assert at_an_end or axis.x_of(frame) == pytest.approx(share * width, abs=1e-3)


@given(widths, zooms, st.floats(-1e7, 1e7))
def test_scrolling_never_leaves_the_timeline(
    width: int, zooms: list[tuple[float, float]], pixels: float
) -> None:
    axis = axis_at(width, zooms)
    axis.scroll(pixels)
    wide = HOUR.frames * axis.pixels_per_frame
    assert axis.x_of(0) <= 12.001
    assert axis.x_of(HOUR.frames) >= min(width, wide + 12) - 12.001


@given(widths, st.integers(0, 100_000), st.integers(1, 7000))
def test_a_range_that_is_fitted_is_seen_whole(width: int, start: int, frames: int) -> None:
    axis = axis_at(width, [])
    axis.fit(FrameRange(FrameIndex(start), FrameIndex(start + frames)))
    assert axis.x_of(start) >= -1e-6
    assert axis.x_of(start + frames) <= width + 1e-6 or frames * 96 > width


def test_who_saw_everything_sees_everything_in_another_window() -> None:
    axis = axis_at(800, [])
    axis.set_width(1600)
    assert axis.x_of(0) == pytest.approx(12)
    assert axis.x_of(HOUR.frames) == pytest.approx(1588)


def test_a_change_is_told(qtbot: object) -> None:
    axis, told = axis_at(800, []), list[float]()
    axis.changed.connect(lambda: told.append(axis.left))
    axis.zoom(4, 400)
    axis.scroll(50)
    assert len(told) == 2
    assert told[1] > told[0]


@given(st.integers(0, 2_000_000))
def test_a_drop_frame_count_is_that_of_the_label(frame: int) -> None:
    rate = HOUR.rate
    assert frame_of_count(label_count(frame, rate), rate) == frame
    hours, minutes, rest = label_of_frame(frame, rate).split(":")
    seconds, frames = rest.split(";")
    counted = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 30 + int(frames)
    assert label_count(frame, rate) % (24 * 3600 * 30) == counted


@given(st.floats(0.1, 90_000), st.sampled_from([24, 25, 30, 50, 60, 120]))
def test_steps_are_at_least_as_wide_as_asked(frames: float, nominal: int) -> None:
    step = sensible_step(frames, nominal)
    assert step >= frames or step == 21_600 * nominal
    assert step % nominal == 0 or nominal % step == 0


def test_curve_frames_are_counted_as_the_engine_counts_them() -> None:
    span = Span(
        clip=Clip.__new__(Clip), rate=HOUR.rate, origin=FrameIndex(HOUR.origin),
        wanted=FrameRange(FrameIndex(100), FrameIndex(5000)), handles=12,
    )  # fmt: skip
    for frame in (101, 150, 997, 4999, 5012):
        here = region_at(FrameRange(FrameIndex(100), FrameIndex(frame)), span).mel
        assert HOUR.curve_region(100, frame, span.begin) == here
        assert HOUR.curve_frame(frame, span.begin) == span.sample(frame) * 100 // SAMPLE_RATE
