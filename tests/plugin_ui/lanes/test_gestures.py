"""What hands do on the lanes: select, go somewhere, shape the energy; every gesture is one edit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hands import Hand
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QShortcut
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from host_bridge.protocol import CurveEdit, GainEdit, NudgeEdit, PointsEdit, SpottedEvent
from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.curve_track import DB, CurveTrack
from plugin_ui.lanes.preview import Point, points_of, with_edit
from plugin_ui.lanes.selection import Marks, Selection
from plugin_ui.lanes.sound_lane import SoundLane
from plugin_ui.lanes.stack import Lanes

Hands = Callable[[QWidget], Hand]
Alt = Qt.KeyboardModifier.AltModifier
Control = Qt.KeyboardModifier.ControlModifier
Shift = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


def region(start: int, stop: int) -> FrameRange:
    return FrameRange(FrameIndex(start), FrameIndex(stop))


class Asked:
    """What a lane asked for, and a session that shows it what it asked for."""

    def __init__(self, lane: CurveLane, shown: FrameRange | None = None) -> None:
        self.lane, self._shown = lane, shown
        self.edits: tuple[CurveEdit, ...] = ()
        self.count = 0
        lane.edited.connect(self._edited)

    def _edited(self, edit: CurveEdit, replaces: bool) -> None:
        self.count += 1
        self.edits = with_edit(self.edits, edit, replaces=replaces)
        self.lane.show_edits(self.edits, self._shown)

    @property
    def points(self) -> list[Point]:
        return points_of(self.edits, self.lane.axis.timeline)


def y_of(lane: CurveLane, db: float) -> float:
    return lane.plots().y_of_db(db)


def on_line(lane: CurveLane, frame: int) -> tuple[float, float]:
    """A place on the wanted energy."""
    track = lane.wanted
    assert track is not None
    db = float(track.energy[lane.axis.timeline.curve_frame(frame, 0)]) * DB
    return lane.axis.x_of(frame), y_of(lane, db)


@pytest.fixture
def asked(curve_lane: CurveLane) -> Asked:
    return Asked(curve_lane)


@pytest.fixture
def empty_lane(lanes: Lanes, axis: TimeAxis, selection: Selection) -> SoundLane:
    lane = SoundLane("empty", axis, selection)
    lanes.add(lane)
    return lane


def positions(lanes: Lanes) -> list[int]:
    """Where the playhead is asked to, and set as a session would."""
    seen = list[int]()
    lanes.asked_position.connect(seen.append)
    lanes.asked_position.connect(lanes.set_position)
    return seen


# --- regions and positions, on any lane


def test_a_drag_selects_whole_frames(
    empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    hand(empty_lane).drag((axis.x_of(40.3), 20), (axis.x_of(60), 30), (axis.x_of(80.4), 25))
    assert selection.region == region(40, 80)


def test_a_drag_backwards_selects_the_same(
    empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    hand(empty_lane).drag((axis.x_of(80), 20), (axis.x_of(40), 20))
    assert selection.region == region(40, 80)


def test_a_drag_beyond_the_ends_stays_in_the_timeline(
    empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    hand(empty_lane).drag((axis.x_of(200), 20), (5000, 20))
    assert selection.region == region(200, 250)


def test_edges_stick_to_cuts_and_onsets_unless_alt_is_held(
    lanes: Lanes, empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    event = SpottedEvent(timecode="", frame=83, seconds="3.32", confidence=0.9)
    lanes.set_marks(Marks(cuts=(41,), events=(event,)))
    way = (axis.x_of(41) + 7, 20), (axis.x_of(60), 20), (axis.x_of(83) - 7, 20)
    hand(empty_lane).drag(*way)
    assert selection.region == region(41, 83)
    hand(empty_lane).drag(*way, modifiers=Alt)
    assert selection.region == region(43, 81)


def test_edges_stick_to_the_attacks_of_the_wanted_energy(
    curve_lane: CurveLane, empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    attack = min(curve_lane.onset_frames(), key=lambda frame: abs(frame - 62))
    hand(empty_lane).drag((axis.x_of(100), 20), (axis.x_of(attack) + 7, 20))
    assert selection.region == region(attack, 100)


def test_a_shift_click_moves_the_nearer_edge(
    empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    selection.select(region(40, 80))
    hand(empty_lane).click(axis.x_of(100), 20, Shift)
    assert selection.region == region(40, 100)
    hand(empty_lane).click(axis.x_of(30), 20, Shift)
    assert selection.region == region(30, 100)


@pytest.mark.parametrize("place", ["ruler", "sound", "curves"])
def test_an_end_of_the_region_is_dragged_and_snaps_while_the_other_stays(
    lanes: Lanes, empty_lane: SoundLane, curve_lane: CurveLane, selection: Selection,
    axis: TimeAxis, hand: Hands, place: str,
) -> None:  # fmt: skip
    lane = {"ruler": lanes.ruler, "sound": empty_lane, "curves": curve_lane}[place]
    lanes.set_marks(Marks(cuts=(170,)))
    lanes.set_position(120)
    selection.select(region(40, 80))
    asked, y, x = positions(lanes), lane.height() / 3, axis.x_of
    QTest.mouseMove(lane, QPointF(x(80) + 2, y).toPoint())
    assert lane.cursor().shape() == Qt.CursorShape.SplitHCursor
    hand(lane).drag((x(80) + 2, y), (x(100), y), (x(170) - 6, y))
    assert selection.region == region(40, 170)
    hand(lane).drag((x(40) - 2, y), (x(100), y), (x(120) - 6, y))
    assert selection.region == region(120, 170)
    hand(lane).drag((x(120), y), (x(200), y))
    assert selection.region == region(169, 170)
    assert asked == []
    hand(lane).click(x(170) + 1, y)
    assert (selection.region, asked) == (region(169, 170), [170])
    hand(lane).press(x(170), y)
    hand(lane).move(x(200), y)
    assert selection.region == region(169, 200)
    lane.setFocus()
    QTest.keyClick(lane, Key.Key_Escape)
    assert selection.region == region(169, 170)


def test_a_click_goes_there_and_selects_nothing(
    lanes: Lanes, empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    selection.select(region(40, 80))
    asked = positions(lanes)
    hand(empty_lane).click(axis.x_of(120.6), 20)
    assert asked == [120]
    assert selection.region is None


def test_dragging_on_the_ruler_moves_the_playhead(
    lanes: Lanes, axis: TimeAxis, hand: Hands
) -> None:
    asked = positions(lanes)
    x = [axis.x_of(frame + 0.5) for frame in (10, 90, 91)]
    hand(lanes.ruler).drag((x[0], 10), (x[1], 10), (x[2], 10))
    assert asked == [10, 90, 91, 91]
    assert lanes.position == 91


def test_escape_gives_a_drag_up_and_no_shortcut_hears_it(
    lanes: Lanes, empty_lane: SoundLane, selection: Selection, axis: TimeAxis, hand: Hands,
    qtbot: QtBot,
) -> None:  # fmt: skip
    heard = list[bool]()
    QShortcut(Key.Key_Escape, lanes, lambda: heard.append(True))
    selection.select(region(1, 9))
    empty_lane.setFocus()
    hand(empty_lane).press(axis.x_of(40), 20)
    hand(empty_lane).move(axis.x_of(80), 20)
    assert selection.region == region(40, 80)
    qtbot.keyClick(empty_lane, Key.Key_Escape)
    assert selection.region == region(1, 9)
    assert not heard
    hand(empty_lane).release(axis.x_of(80), 20)
    assert selection.region == region(1, 9)
    qtbot.keyClick(empty_lane, Key.Key_Escape)
    assert heard


def test_tab_goes_from_onset_to_onset(lanes: Lanes, empty_lane: SoundLane, qtbot: QtBot) -> None:
    events = tuple(
        SpottedEvent(timecode="", frame=frame, seconds="", confidence=1) for frame in (20, 50, 90)
    )
    lanes.set_marks(Marks(events=events))
    asked = positions(lanes)
    for key in (Key.Key_Tab, Key.Key_Tab, Key.Key_Tab, Key.Key_Tab):
        qtbot.keyClick(empty_lane, key)
    qtbot.keyClick(empty_lane, Key.Key_Tab, Shift)
    assert asked == [20, 50, 90, 50]


def test_up_and_down_go_from_lane_to_lane(
    lanes: Lanes, empty_lane: SoundLane, curve_lane: CurveLane, qtbot: QtBot
) -> None:
    lanes.ruler.setFocus()
    qtbot.keyClick(lanes.ruler, Key.Key_Down)
    assert empty_lane.hasFocus()
    qtbot.keyClick(empty_lane, Key.Key_Down)
    assert curve_lane.hasFocus()
    qtbot.keyClick(curve_lane, Key.Key_Down)
    qtbot.keyClick(curve_lane, Key.Key_Up)
    assert empty_lane.hasFocus()


def test_the_wheel_zooms_to_the_pointer_and_scrolls_with_shift(
    empty_lane: SoundLane, axis: TimeAxis, hand: Hands
) -> None:
    frame = axis.frame_at(700)
    hand(empty_lane).turn(5, 700, 20)
    assert axis.pixels_per_frame > 10
    assert axis.frame_at(700) == pytest.approx(frame)
    left = axis.left
    hand(empty_lane).turn(-1, 700, 20, Shift)
    assert axis.left > left


def test_keys_zoom_to_the_playhead_and_turn_pages(
    lanes: Lanes, empty_lane: SoundLane, axis: TimeAxis, qtbot: QtBot
) -> None:
    lanes.set_position(100)
    scale, x = axis.pixels_per_frame, axis.x_of(100)
    qtbot.keyClick(empty_lane, Key.Key_Plus)
    assert axis.pixels_per_frame == pytest.approx(2 * scale)
    assert axis.x_of(100) == pytest.approx(x)
    places = [axis.left]
    for key in (Key.Key_PageDown, Key.Key_PageUp):
        qtbot.keyClick(empty_lane, key)
        places.append(axis.left)
    assert places[0] < places[1] > places[2]
    qtbot.keyClick(empty_lane, Key.Key_Minus)
    assert axis.pixels_per_frame == pytest.approx(scale)


# --- the energy


def test_a_click_on_the_line_adds_a_breakpoint_there(
    curve_lane: CurveLane, asked: Asked, hand: Hands
) -> None:
    x, y = on_line(curve_lane, 70)
    hand(curve_lane).click(x, y + 3)
    assert asked.count == 1
    [(frame, db)] = asked.points
    assert frame == 70
    assert y_of(curve_lane, db) == pytest.approx(y, abs=0.5)


def test_a_breakpoint_is_dragged_and_the_curve_follows_the_hand(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    for frame in (70, 90, 80):
        hand(curve_lane).click(*on_line(curve_lane, frame))
    x, y = axis.x_of(80), y_of(curve_lane, asked.points[1][1])
    hand(curve_lane).press(x, y)
    hand(curve_lane).move(axis.x_of(84), y_of(curve_lane, -10))
    track = curve_lane.wanted
    assert track is not None
    assert track.energy[84 * 4] * DB == pytest.approx(-10, abs=0.3)  # before it is let go
    assert asked.count == 3
    hand(curve_lane).release(axis.x_of(84), y_of(curve_lane, -10))
    assert asked.count == 4
    assert len(asked.edits) == 1
    assert [frame for frame, _ in asked.points] == [70, 84, 90]
    assert asked.points[1][1] == pytest.approx(-10, abs=0.3)


def test_a_breakpoint_stays_between_its_neighbours(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    for frame in (70, 80, 90):
        hand(curve_lane).click(*on_line(curve_lane, frame))
    x, y = axis.x_of(80), y_of(curve_lane, asked.points[1][1])
    hand(curve_lane).drag((x, y), (x + 30, y), (axis.x_of(200), y))
    assert [frame for frame, _ in asked.points] == [70, 89, 90]


def test_shift_keeps_a_breakpoint_at_its_time(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    hand(curve_lane).click(*on_line(curve_lane, 80))
    x, y = axis.x_of(80), y_of(curve_lane, asked.points[0][1])
    hand(curve_lane).drag((x, y), (x + 90, y - 30), modifiers=Shift)
    assert asked.points[0][0] == 80
    assert y_of(curve_lane, asked.points[0][1]) == pytest.approx(y - 30, abs=0.5)


def test_an_alt_click_takes_a_breakpoint_away_and_the_last_one_the_edit(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    for frame in (70, 90):
        hand(curve_lane).click(*on_line(curve_lane, frame))
    for frame, db in asked.points[::-1]:
        hand(curve_lane).click(axis.x_of(frame), y_of(curve_lane, db), Alt)
    assert asked.count == 4
    assert asked.edits == ()


def test_a_pencil_stroke_is_few_breakpoints_near_it(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    curve_lane.set_pencil(on=True)
    drawn = {frame: -60 + 40 * np.sin((frame - 60) / 20) for frame in range(60, 121, 3)}
    hand(curve_lane).drag(*((axis.x_of(f), y_of(curve_lane, db)) for f, db in drawn.items()))
    assert asked.count == 1
    line = np.interp(list(drawn), *np.array(asked.points).T)
    assert np.abs(line - list(drawn.values())).max() <= 0.35  # and what a pixel is worth
    assert len(asked.points) < len(drawn)


def test_a_second_stroke_draws_over_the_first_where_they_meet(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    curve_lane.set_pencil(on=True)
    for first, last, db in ((60, 100, -30), (80, 90, -50), (150, 160, -40)):
        y = y_of(curve_lane, db)
        hand(curve_lane).drag((axis.x_of(first), y), (axis.x_of(last), y))
    assert len(asked.edits) == 2  # the third one stands for itself
    track = curve_lane.wanted
    assert track is not None
    for frame, db in ((70, -30), (85, -50), (155, -40)):
        near = np.interp(frame, *np.array(asked_points(asked, frame)).T)
        assert near == pytest.approx(db, abs=15)
    assert track.energy[85 * 4] * DB == pytest.approx(-50, abs=0.5)
    assert track.energy[155 * 4] * DB == pytest.approx(-40, abs=0.5)


def asked_points(asked: Asked, frame: int) -> list[Point]:
    timeline = asked.lane.axis.timeline
    every = [points_of((edit,), timeline) for edit in asked.edits]
    return next(points for points in every if points[0][0] <= frame <= points[-1][0])


def test_a_drag_up_in_the_selected_region_is_gain(
    curve_lane: CurveLane, asked: Asked, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    selection.select(region(80, 100))
    x, y = axis.x_of(90), y_of(curve_lane, 0)
    up = y_of(curve_lane, 0) - y_of(curve_lane, 6)
    hand(curve_lane).drag((x, y), (x + 1, y - up / 2), (x + 3, y - up))
    assert asked.count == 1
    [edit] = asked.edits
    assert isinstance(edit, GainEdit)
    assert edit.db == pytest.approx(6, abs=0.1)
    assert selection.region == region(80, 100)


def test_a_drag_sideways_in_the_selected_region_selects_another(
    curve_lane: CurveLane, asked: Asked, selection: Selection, axis: TimeAxis, hand: Hands
) -> None:
    selection.select(region(80, 100))
    y = y_of(curve_lane, 0)
    hand(curve_lane).drag((axis.x_of(85), y), (axis.x_of(88), y + 1), (axis.x_of(95), y + 2))
    assert selection.region == region(85, 95)
    assert asked.count == 0


def test_gain_is_seen_while_the_hand_moves_and_gone_after_escape(
    curve_lane: CurveLane, asked: Asked, selection: Selection, axis: TimeAxis, hand: Hands,
    qtbot: QtBot,
) -> None:  # fmt: skip
    selection.select(region(80, 100))
    before = curve_lane.wanted
    assert before is not None
    hand(curve_lane).press(axis.x_of(90), y_of(curve_lane, 0))
    hand(curve_lane).move(axis.x_of(90), y_of(curve_lane, 10))
    shown = curve_lane.wanted
    assert shown is not None
    assert (shown.energy - before.energy)[360] * DB == pytest.approx(10, abs=0.1)
    assert (shown.energy - before.energy)[100] == 0
    qtbot.keyClick(curve_lane, Key.Key_Escape)
    hand(curve_lane).release(axis.x_of(90), y_of(curve_lane, 10))
    assert curve_lane.wanted is before
    assert asked.count == 0


def test_keys_nudge_and_change_gain(curve_lane: CurveLane, asked: Asked, qtbot: QtBot) -> None:
    qtbot.keyClick(curve_lane, Key.Key_Right, Control)
    qtbot.keyClick(curve_lane, Key.Key_Left, Control | Shift)
    qtbot.keyClick(curve_lane, Key.Key_Up, Control)
    assert asked.edits == (NudgeEdit(frames=1), NudgeEdit(frames=-10), GainEdit(db=1))


def test_a_breakpoint_is_made_moved_and_taken_away_by_keys_alone(
    lanes: Lanes, curve_lane: CurveLane, asked: Asked, qtbot: QtBot
) -> None:
    lanes.set_position(70)
    qtbot.keyClick(curve_lane, Key.Key_Insert)
    [(frame, db)] = asked.points
    assert frame == 70
    qtbot.keyClick(curve_lane, Key.Key_Right, Alt)
    qtbot.keyClick(curve_lane, Key.Key_Up, Alt)
    assert asked.points == [(71, pytest.approx(db + 0.5, abs=0.01))]
    qtbot.keyClick(curve_lane, Key.Key_Delete)
    assert asked.edits == ()


def test_locked_energy_is_not_touched_and_says_so(
    curve_lane: CurveLane, asked: Asked, selection: Selection, axis: TimeAxis, hand: Hands,
    qtbot: QtBot,
) -> None:  # fmt: skip
    curve_lane.show_locks(frozenset({"energy"}))
    refused = list[str]()
    curve_lane.refused.connect(refused.append)
    x, y = on_line(curve_lane, 70)
    hand(curve_lane).drag((x, y), (axis.x_of(90), y))
    assert selection.region == region(70, 90)  # the hand still selects
    qtbot.keyClick(curve_lane, Key.Key_Up, Control)
    assert refused == ["energy", "energy"]
    qtbot.keyClick(curve_lane, Key.Key_Right, Control)  # time is not energy
    assert asked.edits == (NudgeEdit(frames=1),)


def test_the_hand_reaches_beyond_the_region_and_it_is_seen_at_once(
    curve_lane: CurveLane, hand: Hands
) -> None:
    asked = Asked(curve_lane, region(60, 200))
    curve_lane.show_edits((), region(60, 100))
    hand(curve_lane).press(*on_line(curve_lane, 150))
    hand(curve_lane).move(curve_lane.axis.x_of(150), y_of(curve_lane, 0))
    track = curve_lane.wanted
    assert track is not None
    assert track.energy[600] * DB == pytest.approx(0, abs=0.3)
    hand(curve_lane).release(curve_lane.axis.x_of(150), y_of(curve_lane, 0))
    assert isinstance(asked.edits[0], PointsEdit)


def test_there_is_nothing_to_take_hold_of_where_a_take_has_no_curves(
    curve_lane: CurveLane, asked: Asked, track: CurveTrack, selection: Selection, hand: Hands
) -> None:
    later = dataclasses.replace(track, start="01:00:04:00")
    curve_lane.show_curves("wanted", later)
    assert curve_lane.reach == region(100, 250)
    curve_lane.set_pencil(on=True)
    y = y_of(curve_lane, -40)
    hand(curve_lane).drag((curve_lane.axis.x_of(20), y), (curve_lane.axis.x_of(60), y))
    assert asked.count == 0
    assert selection.region == region(20, 60)
    hand(curve_lane).drag((curve_lane.axis.x_of(150), y), (curve_lane.axis.x_of(60), y))
    assert [frame for frame, _ in asked.points] == [100, 150]


def test_control_and_wheel_zoom_up_and_down_at_the_pointer(
    curve_lane: CurveLane, axis: TimeAxis, hand: Hands
) -> None:
    scale, y = axis.pixels_per_frame, y_of(curve_lane, -40)
    before = y_of(curve_lane, -30)
    hand(curve_lane).turn(3, 300, y, Control)
    assert y_of(curve_lane, -40) == pytest.approx(y, abs=0.5)
    assert y_of(curve_lane, -30) < before
    assert axis.pixels_per_frame == scale


def test_the_pointer_tells_what_pressing_would_do(
    curve_lane: CurveLane, asked: Asked, axis: TimeAxis, hand: Hands
) -> None:
    x, y = on_line(curve_lane, 70)
    hand(curve_lane).move(x, y)
    assert curve_lane.cursor().shape() == Qt.CursorShape.PointingHandCursor
    hand(curve_lane).click(x, y)
    hand(curve_lane).move(x, y_of(curve_lane, asked.points[0][1]))
    assert curve_lane.cursor().shape() == Qt.CursorShape.SizeAllCursor
    hand(curve_lane).move(x + 200, y_of(curve_lane, 5))
    assert curve_lane.cursor().shape() == Qt.CursorShape.ArrowCursor
