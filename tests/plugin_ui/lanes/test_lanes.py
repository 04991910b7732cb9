"""Lanes under each other, as a person sees them: what is painted where, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hands import Hand
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QImage, QPalette
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from host_bridge.protocol import Curve, SpottedEvent
from host_bridge.timecode import FrameIndex, FrameRange, Rate
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.curve_track import CurveTrack
from plugin_ui.lanes.measure import measure_lanes
from plugin_ui.lanes.ruler import ticks
from plugin_ui.lanes.selection import Marks, Selection
from plugin_ui.lanes.sound_lane import SoundLane
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.timeline import Timeline


def pixels(widget: QWidget) -> np.ndarray:
    """What a widget looks like: uint8 [height, width, 3], red first."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return (
        np.array(bits, copy=True)
        .view(np.uint8)
        .reshape(image.height(), image.width(), 4)[:, :, 2::-1]
    )


def near(picture: np.ndarray, colour: QColor, by: int = 40) -> np.ndarray:
    """Where a picture has about a colour."""
    wanted = np.array([colour.red(), colour.green(), colour.blue()])
    return np.abs(picture.astype(int) - wanted).max(axis=2) <= by


@pytest.fixture
def sound_lane(lanes: Lanes, axis: TimeAxis, selection: Selection) -> SoundLane:
    lane = SoundLane("steps", axis, selection)
    lanes.add(lane)
    QApplication.processEvents()
    return lane


@pytest.fixture
def stem(tmp_path: Path, knocks: np.ndarray) -> Path:
    path = tmp_path / "steps.wav"
    soundfile.write(path, knocks, 48_000)
    return path


def wave_columns(lane: SoundLane) -> np.ndarray:
    """How tall the waveform is over each pixel."""
    return near(pixels(lane), lane.colours.wave, 30).sum(axis=0)


def test_the_waveform_stands_where_the_sound_is(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis, stem: Path, qtbot: QtBot
) -> None:
    lanes.set_blend(0)
    with qtbot.waitSignal(sound_lane.shown):
        sound_lane.show_file(stem)
    tall = wave_columns(sound_lane)
    loud, quiet = (int(axis.x_of(25 * s)) for s in (1.02, 3.5))
    assert tall[loud] > 40
    assert 0 < tall[quiet] < 6


def test_soft_sounds_are_drawn_large_all_alike_and_the_hand_has_the_last_word(
    lanes: Lanes, axis: TimeAxis, selection: Selection, tmp_path: Path, knocks: np.ndarray,
    qtbot: QtBot,
) -> None:  # fmt: skip
    made: list[SoundLane] = []
    for gain in (0.02, 0.1):
        path = tmp_path / f"{gain}.wav"
        soundfile.write(path, gain * knocks / np.abs(knocks).max(), 48_000, subtype="FLOAT")
        lane = SoundLane(path.stem, axis, selection)
        lanes.add(lane)
        lane.set_blend(0)
        with qtbot.waitSignal(lane.shown, timeout=10_000):
            lane.show_file(path)
        made.append(lane)
    QApplication.processEvents()

    def heights() -> list[int]:
        """Rows that any waveform reaches, lane by lane."""
        seen = (near(pixels(lane), lane.colours.wave)[:, :-40] for lane in made)
        return [int(picture.any(axis=1).sum()) for picture in seen]

    soft, loud = heights()
    room = made[1].height()
    assert 0.7 * room < loud < room
    assert soft == pytest.approx(loud / 5, rel=0.35)
    Hand(made[0]).turn(4, 300, 20, Qt.KeyboardModifier.ControlModifier)
    larger, cut = heights()
    assert larger > 1.8 * soft
    assert cut >= loud


def test_handles_lie_before_the_range(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis, stem: Path, qtbot: QtBot
) -> None:
    lanes.set_blend(0)
    with qtbot.waitSignal(sound_lane.shown):
        sound_lane.show_file(stem, begin=50)
    tall = wave_columns(sound_lane)
    assert tall[int(axis.x_of(50 + 25 * 1.02))] > 40
    assert tall[int(axis.x_of(25 * 1.02))] == 0


def test_sound_grows_while_it_is_rendered(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis, knocks: np.ndarray, qtbot: QtBot
) -> None:
    lanes.set_blend(0)
    sound_lane.expect(len(knocks), 48_000)
    sound_lane.put(0, knocks[:200_000])
    qtbot.waitUntil(lambda: (got := sound_lane.levels) is not None and got.known == 200_000)
    tall = wave_columns(sound_lane)
    assert tall[int(axis.x_of(25 * 2.52))] > 40
    assert not tall[int(axis.x_of(25 * 4.25)) :].any()
    sound_lane.put(200_000, knocks[200_000:])
    qtbot.waitUntil(lambda: (got := sound_lane.levels) is not None and got.known == len(knocks))
    assert wave_columns(sound_lane)[int(axis.x_of(25 * 7.02))] > 40


def test_the_blend_goes_from_waveform_to_spectrogram(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis, stem: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(sound_lane.shown):
        sound_lane.show_file(stem)
    x, ground = int(axis.x_of(25 * 1.02)), sound_lane.colours.ground
    top = dict[float, np.ndarray]()
    for blend in (0.0, 0.5, 1.0):
        lanes.set_blend(blend)
        top[blend] = pixels(sound_lane)[3, x]
    assert top[0.0].tolist() == [ground.red(), ground.green(), ground.blue()]
    assert (top[1.0] != top[0.0]).any()
    lanes.set_blend(1)
    assert not near(pixels(sound_lane), sound_lane.colours.wave, 4).any()


def test_a_file_that_cannot_be_read_is_told_in_the_lane(
    sound_lane: SoundLane, tmp_path: Path, qtbot: QtBot
) -> None:
    empty = pixels(sound_lane)
    with qtbot.waitSignal(sound_lane.failed):
        sound_lane.show_file(tmp_path / "gone.wav")
    assert (pixels(sound_lane) != empty).any()


def test_a_sound_that_is_not_heard_is_pale(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis, stem: Path, qtbot: QtBot
) -> None:
    lanes.set_blend(0)
    with qtbot.waitSignal(sound_lane.shown):
        sound_lane.show_file(stem)
    sound_lane.set_heard(heard=False)
    assert wave_columns(sound_lane)[int(axis.x_of(25 * 1.02))] == 0


def test_one_playhead_goes_through_all_lanes(
    lanes: Lanes, sound_lane: SoundLane, curve_lane: CurveLane, axis: TimeAxis
) -> None:
    lanes.set_position(130)
    x = int(axis.x_of(130))
    for lane in (lanes.ruler, sound_lane, curve_lane):
        column = near(pixels(lane), lane.colours.playhead, 60)[:, x - 1 : x + 2].any(axis=1)
        assert column.mean() > 0.9


def test_the_region_and_marks_stand_on_the_ruler(
    lanes: Lanes, axis: TimeAxis, selection: Selection
) -> None:
    before = pixels(lanes.ruler)
    event = SpottedEvent(timecode="", frame=150, seconds="6", confidence=1.0)
    selection.select(FrameRange(FrameIndex(40), FrameIndex(200)))
    lanes.set_marks(Marks(cuts=(100,), events=(event,)))
    changed = (pixels(lanes.ruler) != before).any(axis=2).any(axis=0)
    for frame in (40, 120, 199, 100, 150):
        assert changed[int(axis.x_of(frame))]
    assert not changed[: int(axis.x_of(40)) - 4].any()
    assert near(pixels(lanes.ruler), lanes.ruler.colours.event)[:, int(axis.x_of(150))].any()


def test_predicted_wanted_and_delivered_lie_over_each_other(
    curve_lane: CurveLane, track: CurveTrack
) -> None:
    shown = pixels(curve_lane)
    assert near(shown, curve_lane.colours.wanted).any()
    assert not near(shown, curve_lane.colours.delivered, 30).any()
    curve_lane.show_curves("delivered", track)
    assert near(pixels(curve_lane), curve_lane.colours.delivered, 30).any()  # legend and strips
    curve_lane.show_curves("delivered", None)
    assert (pixels(curve_lane) == shown).all()


def test_curves_are_read_from_the_file_of_a_take(
    lanes: Lanes, axis: TimeAxis, selection: Selection, curves_file: Path, qtbot: QtBot
) -> None:
    lane = CurveLane("steps", axis, selection)
    lanes.add(lane)
    with qtbot.waitSignal(lane.onsets_changed):
        lane.show_file("wanted", curves_file)
    assert lane.wanted is not None
    assert selection.next_onset(0) in (24, 25)
    with qtbot.waitSignal(lane.failed) as told:
        lane.show_file("predicted", curves_file.with_name("gone.npz"))
    assert told.args is not None
    assert told.args[0].code == "request.curve"


@pytest.mark.parametrize("curve", ["energy", "spread", "semantic"])
def test_a_lock_is_a_sign_with_words_where_the_curve_is(
    curve_lane: CurveLane, selection: Selection, axis: TimeAxis, curve: Curve
) -> None:
    selection.select(FrameRange(FrameIndex(50), FrameIndex(200)))
    before = pixels(curve_lane)
    curve_lane.show_locks(frozenset({curve}))
    assert curve_lane.accessibleDescription() == f"{curve} locked"
    changed = (pixels(curve_lane) != before).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    room = curve_lane.plots().room_of(curve)
    assert room.top() - 1 <= rows.min()
    assert rows.max() <= room.bottom() + 22
    assert axis.x_of(50) - 1 <= columns.min()
    axis.zoom(20, axis.x_of(240))
    assert not curve_lane.plots().energy.contains(axis.x_of(200), 20)
    out_of_sight = pixels(curve_lane)
    curve_lane.show_locks(frozenset())
    assert (pixels(curve_lane) == out_of_sight).all()


def test_many_lanes_scroll_and_every_lane_has_a_name(
    lanes: Lanes, axis: TimeAxis, selection: Selection, hand: Callable[[QWidget], Hand]
) -> None:
    for number in range(20):
        lanes.add(SoundLane(f"stem {number}", axis, selection))
    QApplication.processEvents()
    assert [lane.accessibleName() for lane in lanes.lanes()] == [f"stem {n}" for n in range(20)]
    assert lanes.ruler.accessibleName()
    last = lanes.lanes()[-1]
    assert last.visibleRegion().isEmpty()
    lanes.lanes()[-2].asked_neighbour.emit(1)
    QApplication.processEvents()
    assert not last.visibleRegion().isEmpty()


def test_a_lane_that_is_removed_is_gone(
    lanes: Lanes, sound_lane: SoundLane, axis: TimeAxis
) -> None:
    assert lanes.head(sound_lane).name.text() == "steps"
    lanes.remove(sound_lane)
    QApplication.processEvents()
    assert lanes.lanes() == []
    axis.zoom(2, 100)
    QApplication.processEvents()


def test_lanes_are_dark_where_the_palette_is(lanes: Lanes, sound_lane: SoundLane) -> None:
    light = pixels(sound_lane).mean()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor(30, 30, 34))
    lanes.setPalette(palette)
    QApplication.processEvents()
    assert pixels(sound_lane).mean() < 60 < light


def test_drop_frame_labels_are_those_of_the_timecode(lanes: Lanes, axis: TimeAxis) -> None:
    axis.show(Timeline(rate=Rate.parse("29.97 DF"), start="00:00:30;00", frames=30 * 200))
    drawn = [frame for frame, _ in ticks(axis.view, 30 * 30)]
    labels = [axis.timeline.label(frame) for frame in drawn]
    assert labels[:4] == ["00:00:30;00", "00:01:00;02", "00:01:30;00", "00:02:00;02"]
    every = [axis.timeline.label(frame) for frame, _ in ticks(axis.view, 1)]
    assert len(set(every)) == len(every)


def test_the_bench_paints_what_it_measures(qapp: QApplication) -> None:
    figures = measure_lanes(400, 300, minutes=1, steps=4)
    assert 0 < figures.scroll_ms <= figures.scroll_95_ms
    assert 0 < figures.zoom_ms <= figures.zoom_95_ms


@pytest.mark.parametrize("pixels_scrolled", [7, -7, 40, -200, 2000])
@pytest.mark.parametrize("zoomed", [1.0, 30.0])
def test_a_scrolled_picture_is_the_one_that_is_painted_anew(
    lanes: Lanes, sound_lane: SoundLane, curve_lane: CurveLane, axis: TimeAxis, stem: Path,
    track: CurveTrack, qtbot: QtBot, zoomed: float, pixels_scrolled: int,
) -> None:  # fmt: skip
    curve_lane.show_curves("delivered", track)
    with qtbot.waitSignal(sound_lane.shown):
        sound_lane.show_file(stem)
    axis.zoom(4 * zoomed, 500)
    for lane in (lanes.ruler, sound_lane, curve_lane):
        pixels(lane)
        axis.scroll(pixels_scrolled)
        scrolled = pixels(lane).astype(int)
        lane.redraw()
        away = np.abs(scrolled - pixels(lane)).max(axis=2)
        assert (away > 48).mean() < 0.002
