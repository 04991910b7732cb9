"""Curves in the panel: read as the engine wrote them, edited as the engine will edit them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.melqcd import edit as engine
from engine.melqcd.curves import Curves
from engine.melqcd.files import CurvesFile, write_curves
from engine.melqcd.spec import SMALL
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CurveEdit,
    GainEdit,
    NudgeEdit,
    PointsEdit,
    SmoothEdit,
    StretchEdit,
)
from host_bridge.timecode import FrameIndex, FrameRange, Rate
from plugin_ui.lanes.curve_track import CurveTrack, read_curves
from plugin_ui.lanes.preview import Point, points_edit, points_of, previewed, reduced, with_edit
from plugin_ui.lanes.timeline import Timeline

TIMELINE = Timeline(rate=Rate.parse("23.976"), start="01:00:00:00", frames=240)
REGION = FrameRange(FrameIndex(60), FrameIndex(150))
BEGIN = 24  # the take's first frame: its start timecode is a second later
START = "01:00:01:00"


def wanted(frames: int = 800, seed: int = 0) -> Curves:
    rng = np.random.default_rng(seed)
    energy = np.cumsum(rng.normal(0, 0.4, frames)) - 6
    return Curves(
        energy=np.maximum(energy, SMALL.log_floor).astype(np.float32),
        spread=np.abs(rng.normal(1, 0.3, frames)).astype(np.float32),
        codes=rng.integers(0, 81, (frames, 2)).astype(np.uint8),
        spec=SMALL,
    )


def track_of(curves: Curves) -> CurveTrack:
    return CurveTrack(
        energy=curves.energy, spread=curves.spread, codes=curves.codes,
        floor=SMALL.log_floor, start=START, timecode_rate="24000/1001",
    )  # fmt: skip


def in_region(curves: Curves) -> Curves:
    part = TIMELINE.curve_region(REGION.start, REGION.stop, BEGIN)
    return curves.slice(part.start, part.stop)


def same(shown: CurveTrack, curves: Curves, made: Curves) -> bool:
    """Whether a preview is the engine's curves: the region's new ones, the others as they were."""
    whole = curves.copy()
    whole.put(TIMELINE.curve_region(REGION.start, REGION.stop, BEGIN).start, made)
    return (
        np.allclose(shown.energy, whole.energy, rtol=0, atol=1e-6)
        and np.array_equal(shown.spread, whole.spread)
        and np.array_equal(shown.codes, whole.codes)
    )


def shown(curves: Curves, *edits: CurveEdit) -> CurveTrack:
    return previewed(track_of(curves), edits, REGION, TIMELINE)


@settings(max_examples=30)
@given(st.floats(-90, 60))
def test_gain_is_shown_as_the_engine_will_make_it(db: float) -> None:
    curves = wanted()
    made = engine.louder(in_region(curves), db)
    assert same(shown(curves, GainEdit(db=db)), curves, made)


@settings(max_examples=30)
@given(st.integers(-120, 120))
def test_a_nudge_is_shown_as_the_engine_will_make_it(frames: int) -> None:
    curves = wanted()
    made = engine.nudged(in_region(curves), round(frames * 100 / TIMELINE.rate.exact))
    assert same(shown(curves, NudgeEdit(frames=frames)), curves, made)


points = st.dictionaries(st.integers(0, 239), st.floats(-100, 20), min_size=1, max_size=8)


@settings(max_examples=60)
@given(points)
def test_breakpoints_are_shown_as_the_engine_will_make_them(points: dict[int, float]) -> None:
    curves = wanted()
    first = TIMELINE.curve_region(REGION.start, REGION.stop, BEGIN).start
    at = [(TIMELINE.curve_frame(frame, BEGIN) - first, db) for frame, db in sorted(points.items())]
    edit = points_edit(list(points.items()), TIMELINE)
    assert same(shown(curves, edit), curves, engine.through(in_region(curves), at))


@settings(max_examples=20)
@given(st.floats(0.1, 10), st.floats(1, 500))
def test_stretch_and_smooth_are_shown_as_the_engine_will_make_them(
    factor: float, milliseconds: float
) -> None:
    curves = wanted()
    stretched = engine.stretched(in_region(curves), factor)
    assert same(shown(curves, StretchEdit(factor=factor)), curves, stretched)
    smoothed = engine.smoothed(in_region(curves), milliseconds / 10)
    assert same(shown(curves, SmoothEdit(milliseconds=milliseconds)), curves, smoothed)


def test_edits_follow_each_other() -> None:
    curves = wanted()
    made = engine.louder(engine.nudged(in_region(curves), round(3 * 100 / TIMELINE.rate.exact)), 6)
    assert same(shown(curves, NudgeEdit(frames=3), GainEdit(db=6)), curves, made)


@given(points)
def test_levels_of_edited_curves_are_those_of_their_values(points: dict[int, float]) -> None:
    track = shown(wanted(), points_edit(list(points.items()), TIMELINE), NudgeEdit(frames=2))
    fresh = track_of(wanted())
    for made, plain in (
        (track.energy_levels, dataclasses.replace(fresh, energy=track.energy).energy_levels),
        (track.spread_levels, dataclasses.replace(fresh, spread=track.spread).spread_levels),
    ):
        assert all(np.array_equal(one, other) for one, other in zip(made, plain, strict=True))


def test_locked_curves_stay_in_the_preview() -> None:
    curves = wanted()
    edits = (NudgeEdit(frames=5),)
    track = previewed(track_of(curves), edits, REGION, TIMELINE, {"energy", "semantic"})
    assert np.array_equal(track.energy, curves.energy)
    assert np.array_equal(track.codes, curves.codes)
    assert not np.array_equal(track.spread, curves.spread)


def test_breakpoints_go_into_an_edit_and_come_out_of_it() -> None:
    drawn: list[Point] = [(61, -30.0), (70, -12.5), (149, -40.0)]
    edit = points_edit(drawn[::-1], TIMELINE)
    assert edit.points[0] == ("01:00:02:13", -30.0)
    assert points_of((GainEdit(db=1), edit), TIMELINE) == drawn
    assert points_of((edit, GainEdit(db=1)), TIMELINE) == []


def test_an_edit_stands_behind_the_others_or_takes_the_place_of_the_last() -> None:
    gain, old, new = GainEdit(db=1), PointsEdit(points=(("1f", 0.0),)), PointsEdit(points=())
    assert with_edit((gain,), old, replaces=False) == (gain, old)
    assert with_edit((gain, old), GainEdit(db=2), replaces=True) == (gain, GainEdit(db=2))
    assert with_edit((gain, old), new, replaces=True) == (gain,)


@given(st.lists(st.floats(-90, 10), min_size=1, max_size=120), st.floats(0.05, 6))
def test_fewer_breakpoints_stay_near_what_was_drawn(drawn: list[float], within: float) -> None:
    points = list(enumerate(drawn))
    kept = reduced(points, within)
    assert set(kept) <= set(points)
    line = np.interp(np.arange(len(drawn)), *np.array(kept).T)
    assert np.abs(line - drawn).max() <= within + 1e-9


def test_a_straight_stroke_is_two_breakpoints() -> None:
    assert reduced([(n, -60 + 0.5 * n) for n in range(100)], 0.3) == [(0, -60), (99, -10.5)]


def test_a_file_of_the_engine_is_read_as_it_is(tmp_path: Path) -> None:
    curves = wanted()
    write_curves(CurvesFile(curves, START, "24000/1001"), tmp_path / "curves.npz")
    track = read_curves(tmp_path / "curves.npz")
    assert np.array_equal(track.energy, curves.energy)
    assert np.array_equal(track.spread, curves.spread)
    assert np.array_equal(track.codes, curves.codes)
    assert track.floor == pytest.approx(SMALL.log_floor)
    assert track.begin(TIMELINE) == BEGIN


def test_curves_of_another_counting_stand_where_their_time_is(tmp_path: Path) -> None:
    path = tmp_path / "curves.npz"
    write_curves(CurvesFile(wanted(), "01:00:02:00", "25"), path)
    pal = Timeline(rate=Rate.parse("50"), start="01:00:00:00", frames=500)
    assert read_curves(path).begin(pal) == 100
    write_curves(CurvesFile(wanted(), "23:59:59:00", "25"), path)
    midnight = Timeline(rate=Rate.parse("25"), start="00:00:00:00", frames=500)
    assert read_curves(path).begin(midnight) == -25  # handles before midnight


def changed(path: Path, **fields: object) -> None:
    """The same file with other fields, or without one."""
    with np.load(path) as stored:
        content = dict(stored) | fields
    np.savez(path, **{name: value for name, value in content.items() if value is not None})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"energy": None}, "energy is missing"),
        ({"version": 2}, "newer cuelock"),
        ({"rate": 50}, "100 frames a second"),
        ({"spread": np.zeros(7)}, "do not belong together"),
        ({"spread": np.full(800, -1.0)}, "below zero"),
        ({"codes": np.full((800, 2), 81)}, "not in 0..80"),
        ({"codes": np.full((800, 2), 256)}, "not in 0..80"),
        ({"energy": np.full(800, np.nan)}, "no numbers"),
        ({"energy": np.array([{}] * 800, object)}, "allow_pickle"),
        ({"mel": "no json"}, "JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    tmp_path: Path, fields: dict[str, object], why: str
) -> None:
    path = tmp_path / "curves.npz"
    write_curves(CurvesFile(wanted(), START, "25"), path)
    changed(path, **fields)
    with pytest.raises(CuelockError, match=r"curves\.npz cannot be used") as told:
        read_curves(path)
    assert told.value.code == "request.curve"
    assert why in told.value.message


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "curves.npz").write_bytes(content)
    with pytest.raises(CuelockError) as told:
        read_curves(tmp_path / "curves.npz")
    assert told.value.code == "request.curve"


def test_onsets_are_where_the_knocks_are(track: CurveTrack) -> None:
    assert track.onsets / 100 == pytest.approx([1.0, 2.5, 4.2, 7.0], abs=0.03)


def test_a_flat_curve_has_no_onsets() -> None:
    flat = track_of(wanted(2))
    assert flat.onsets.tolist() == []
