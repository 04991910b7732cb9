"""Takes side by side below their layer, comped by swiping, compared as loud; undo goes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from window_hand import MINUTE, Key, drag, press, say

from host_bridge.protocol import CompRequest, GainEdit
from host_bridge.timecode import sample_of_frame
from plugin_ui.session import Region
from plugin_ui.window import Window

FRAMES = 24


def rendered(window: Window, qtbot: QtBot) -> tuple[str, str]:
    """Two takes of a layer: as it was rendered first, and all of it louder and anew."""
    desk = window.desk
    say(window, "wood is hit")
    desk.history.look(region=Region(0, FRAMES))
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    first = desk.work.take
    desk.history.edit("", locks=())
    desk.add_edit(GainEdit(db=9.0))
    window.lanes.ruler.setFocus()
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R)
    desk.history.look(region=None)
    assert first is not None
    assert desk.work.take is not None
    return first, desk.work.take


def sound(window: Window, take: str) -> np.ndarray:
    (one,) = window.desk.sounding_of(take, {})
    return soundfile.read(one.stem.path)[0]


def test_what_is_swiped_comes_from_that_take_and_undo_chooses_the_one_before(
    window: Window, qtbot: QtBot
) -> None:
    desk, folds = window.desk, window.stage.take_lanes
    first, second = rendered(window, qtbot)
    head = window.lanes.head(window.stage.sounds["wood is hit"])
    (arrow,) = (
        button for button in head.findChildren(QToolButton)
        if button.accessibleName() == "Takes of wood is hit"
    )  # fmt: skip
    arrow.click()
    lanes = folds.unfolded["wood is hit"]
    assert list(lanes) == [(second, 0), (first, 0)]
    assert window.lanes.lanes()[-2:] == list(lanes.values())
    assert [lane.used for lane in lanes.values()] == [((0, FRAMES),), ()]
    lane = lanes[first, 0]
    qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
    drag(lane, window, 4, 10)
    drag(lane, window, 14, 18)  # before the first one is done
    qtbot.waitUntil(lambda: not desk.jobs, timeout=MINUTE)
    take = desk.take()
    assert take is not None
    assert isinstance(take.record.change, CompRequest)
    assert [take.record.change.pieces[0].take, take.record.change.pieces[0].region_in] == [
        first, "14f"
    ]  # fmt: skip
    assert lane.used == ((4, 10), (14, 18))
    assert lanes[second, 0].used == ((0, 4), (10, 14), (18, FRAMES))
    assert list(lanes) == [(second, 0), (first, 0)]
    old, new, comp = (sound(window, name) for name in (first, second, take.record.take))
    assert desk.here is not None
    rate = desk.here.timeline.rate
    for part, source in (((5, 9), old), ((15, 17), old), ((0, 3), new), ((11, 13), new)):
        start, stop = (sample_of_frame(frame, rate, 48_000) for frame in part)
        np.testing.assert_allclose(comp[start:stop], source[start:stop], atol=1e-4)
        assert np.abs(old[start:stop] - new[start:stop]).max() > 1e-3
    window.lanes.ruler.setFocus()
    press(window, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(window, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.work.take == second
    assert [lane.used for lane in lanes.values()] == [((0, FRAMES),), ()]
    lane.setFocus()
    QTest.keyClick(lane, Key.Key_Return)
    assert desk.work.take == first
    middle = QPointF(window.axis.x_of(6), 10).toPoint()
    QTest.mouseDClick(lanes[second, 0], Qt.MouseButton.LeftButton, pos=middle)
    assert desk.work.take == second
    arrow.click()
    assert not folds.unfolded
    assert lane not in window.lanes.lanes()


def test_a_and_b_are_heard_as_loud_as_each_other_and_the_columns_tell_how_loud_they_are(
    window: Window, qtbot: QtBot
) -> None:
    first, second = rendered(window, qtbot)
    lufs = {
        name: window.desk.takes[name].record.reply.stems[0].measures.loudness_lufs
        for name in (first, second)
    }
    assert lufs[first] is not None
    assert lufs[second] is not None
    louder = lufs[second] - lufs[first]
    assert abs(louder) > 0.01
    model = window.takes.tree.model()
    assert model is not None
    root = model.index(0, 0)
    for index, name in ((root, first), (model.index(0, 0, root), second)):
        assert index.siblingAtColumn(2).data() == f"{lufs[name]:.1f}"
        measures = window.desk.takes[name].record.reply.stems[0].measures
        assert index.siblingAtColumn(3).data() == f"{measures.energy_error_db:.2f}"
    window.lanes.ruler.setFocus()
    gains = list[float]()
    for keys in ("", "B", "b", "b"):
        for key in keys:
            shift = Qt.KeyboardModifier.ShiftModifier
            press(window, Key.Key_B, shift if key == "B" else None)
        gains.append(next(s.gain_db for s in window.mixer.strips if s.name == "wood is hit"))
    second_db, first_db = min(0.0, -louder), min(0.0, louder)
    assert gains == [0.0, second_db, first_db, second_db]
    assert (second_db, first_db) != (0.0, 0.0)
    press(window, Key.Key_B) if first_db else None  # now the louder one is heard
    state = window.lanes.head(window.stage.sounds["wood is hit"]).state.text()
    assert "matched" in state
    assert not window.desk.work.strips


def test_takes_whose_files_were_cleared_away_are_seen_and_dragged_out_again(
    window: Window, qtbot: QtBot
) -> None:
    desk, dock = window.desk, window.takes
    first, _ = rendered(window, qtbot)
    reply = desk.takes[first].record.reply
    for path in (reply.stems[0].path, reply.curves[0]):
        Path(path).unlink()
    model = dock.tree.model()
    assert model is not None
    with qtbot.waitSignal(desk.takes_changed, timeout=MINUTE):
        window.stage.take_lanes.button("wood is hit", window.stage.sounds["wood is hit"]).click()
    lane = window.stage.take_lanes.unfolded["wood is hit"][first, 0]
    qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
    assert [Path(path).is_file() for path in dock.files_of(model.index(0, 0))] == [True]
    assert window.stage._curves_shown[0] != reply.curves[0]


def test_a_piece_that_is_refused_keeps_none_from_being_taken(window: Window, qtbot: QtBot) -> None:
    desk = window.desk
    first, _ = rendered(window, qtbot)
    for region in (Region(4, 10), None, Region(14, 18)):
        desk.comp(first, 0, region, "wood is hit")
    qtbot.waitUntil(lambda: not desk.jobs, timeout=MINUTE)
    take = desk.take()
    assert take is not None
    assert isinstance(take.record.change, CompRequest)
    assert take.record.change.pieces[0].region_in == "14f"
    assert window.message.isVisible()


def test_a_removed_layer_does_not_come_back_with_a_take(window: Window, qtbot: QtBot) -> None:
    desk = window.desk
    for words in ("rain", "wood is hit"):
        say(window, words)
    desk.history.look(region=Region(0, 12))
    window.lanes.ruler.setFocus()
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    first = desk.work.take
    assert first is not None
    desk.history.edit("", layer="rain")
    QTest.mouseClick(window.layers.remove_button, Qt.MouseButton.LeftButton)
    assert list(window.stage.sounds) == ["wood is hit"]
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R)
    window.stage.take_lanes.button("wood is hit", window.stage.sounds["wood is hit"]).click()
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.comp(first, 0, Region(2, 6), "wood is hit")
    desk.choose(first)
    assert [layer.name for layer in desk.work.layers] == ["wood is hit"]
    assert [one.layer.name for one in desk.sounding()] == ["wood is hit"]
    say(window, "rain")
    assert [one.layer.name for one in desk.sounding()] == ["rain", "wood is hit"]
    while desk.history.stack.canUndo():
        desk.history.stack.undo()
    desk.choose(first)
    assert {layer.name for layer in desk.work.layers} == {"rain", "wood is hit"}
