"""Cues are spotted, gone to, made regions; the steps of undo are a list to click back in."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot
from window_hand import MINUTE, Key, press, say

from plugin_ui.session import Region
from plugin_ui.window import Window

LEFT = Qt.MouseButton.LeftButton


def raised(window: Window, name: str) -> None:
    dock = window.findChild(QDockWidget, name)
    assert dock is not None
    dock.raise_()


def row_place(window: Window, row: int) -> QPoint:
    model = window.cues.tree.model()
    assert model is not None
    return window.cues.tree.visualRect(model.index(row, 1)).center()


def test_what_is_spotted_is_a_list_to_go_along_and_to_make_regions_of(
    window: Window, qtbot: QtBot
) -> None:
    cues, transport, desk = window.cues, window.transport, window.desk
    raised(window, "CuesDock")
    assert cues.empty.isVisible()
    with qtbot.waitSignal(window.spotting.told, timeout=MINUTE):
        QTest.mouseClick(cues.spot, LEFT)
    assert not cues.empty.isVisible()
    events = window.spotting.events
    model = cues.tree.model()
    assert model is not None
    assert len(events) > 1
    assert [[model.index(row, c).data() for c in (1, 2)] for row in range(model.rowCount())] == [
        [event.timecode, f"{event.confidence:.0%}"] for event in events
    ]
    viewport = cues.tree.viewport()
    assert viewport is not None
    QTest.mouseClick(viewport, LEFT, pos=row_place(window, 1))
    assert transport.frame == events[1].frame
    QTest.keyClick(cues.tree, Key.Key_Up)
    assert transport.frame == events[0].frame
    window.lanes.ruler.setFocus()
    press(window, Key.Key_N)
    assert transport.frame == events[1].frame
    assert cues.tree.currentIndex().row() == 1
    press(window, Key.Key_P)
    press(window, Key.Key_P)
    assert transport.frame == events[0].frame
    cues.tree.setFocus()
    QTest.keyClick(cues.tree, Key.Key_Return)
    region = desk.work.region
    assert region is not None
    assert region.start <= events[0].frame < region.stop <= events[1].frame
    transport.go(events[1].frame + 1)
    assert cues.tree.currentIndex().row() == 1
    QTest.mouseClick(viewport, LEFT, pos=row_place(window, 1))
    assert transport.frame == events[1].frame
    QTest.mouseClick(cues.region, LEFT)
    assert desk.work.region != region


def test_the_history_is_seen_and_a_click_goes_back_in_it(window: Window) -> None:
    raised(window, "StepsDock")
    say(window, "rain")
    say(window, "wind")
    window.desk.history.look(region=Region(1, 2))
    model, viewport = window.steps.model(), window.steps.viewport()
    assert model is not None
    assert viewport is not None
    words = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert words == ["As it was opened", "Add layer rain", "Add layer wind"]
    for row, layers in ((1, ["rain"]), (0, []), (2, ["rain", "wind"])):
        place = window.steps.visualRect(model.index(row, 0)).center()
        QTest.mouseClick(viewport, LEFT, pos=place)
        assert [layer.name for layer in window.desk.work.layers] == layers
