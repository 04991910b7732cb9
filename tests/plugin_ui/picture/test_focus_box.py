"""The focus box under the mouse and the keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_factory import write_numbered
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from media.clip import open_clip
from plugin_ui.picture import PictureView
from plugin_ui.picture.focus import GRIPS, Box, Point

LEFT = Qt.MouseButton.LeftButton
part = st.floats(-0.5, 1.5)


@given(part, part, part, part, st.sampled_from(GRIPS), part, part)
def test_a_box_stays_inside_the_picture_whatever_is_pulled(
    x: float, y: float, x2: float, y2: float, grip: tuple[int, int], dx: float, dy: float
) -> None:
    box = Box.spanned(Point(x, y), Point(x2, y2)).pulled(grip, Point(dx, dy))  # pyright: ignore[reportArgumentType]
    left, top, width, height = (float(part) for part in str(box).split(","))
    assert left >= 0
    assert top >= 0
    assert min(width, height) > 0
    assert left + width <= 1.0001
    assert top + height <= 1.0001


@given(part, part, part, part)
def test_a_box_written_and_read_is_the_same_box(x: float, y: float, x2: float, y2: float) -> None:
    written = str(Box.spanned(Point(x, y), Point(x2, y2)))
    assert str(Box.parse(written)) == written


@pytest.fixture
def view(qtbot: QtBot, tmp_path: Path) -> PictureView:
    """A view of 400 x 200 pixels that the picture, 2:1, fills wholly; drawing is on."""
    view = PictureView()
    qtbot.addWidget(view, before_close_func=lambda _: view.leave())
    view.resize(400, 200)
    view.show_clip(open_clip(write_numbered(tmp_path / "clip.mp4", 3)))
    with qtbot.waitExposed(view):
        view.show()
    view.drawing_focus = True
    return view


def under(view: PictureView, at: QPoint) -> QWidget:
    """Who gets the mouse there."""
    return QApplication.widgetAt(view.mapToGlobal(at)) or view


def drag(qtbot: QtBot, view: PictureView, begin: QPoint, end: QPoint) -> None:
    target = under(view, begin)
    qtbot.mousePress(target, LEFT, pos=begin)
    qtbot.mouseMove(target, (begin + end) / 2)
    qtbot.mouseMove(target, end)
    qtbot.mouseRelease(target, LEFT, pos=end)


def test_dragging_over_the_picture_draws_a_box_in_fractions_of_it(
    qtbot: QtBot, view: PictureView
) -> None:
    with qtbot.waitSignal(view.focus_drawn) as drawn:
        drag(qtbot, view, QPoint(300, 150), QPoint(100, 50))
    assert drawn.args == ["0.250,0.250,0.500,0.500"]


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [
        (QPoint(200, 100), QPoint(240, 100), "0.350,0.250,0.500,0.500"),  # moved
        (QPoint(300, 150), QPoint(340, 190), "0.250,0.250,0.600,0.700"),  # by a corner
        (QPoint(100, 100), QPoint(40, 20), "0.100,0.250,0.650,0.500"),  # by a side
        (QPoint(200, 100), QPoint(399, 100), "0.500,0.250,0.500,0.500"),  # against the edge
    ],
)
def test_a_box_is_moved_by_its_middle_and_resized_by_its_handles(
    qtbot: QtBot, view: PictureView, begin: QPoint, end: QPoint, told: str
) -> None:
    view.show_focus("0.25,0.25,0.5,0.5", "Steps")
    with qtbot.waitSignal(view.focus_drawn) as drawn:
        drag(qtbot, view, begin, end)
    assert drawn.args == [told]


def test_escape_takes_back_what_is_being_drawn_and_then_ends_the_drawing(
    qtbot: QtBot, view: PictureView
) -> None:
    target = under(view, QPoint(10, 10))
    qtbot.mousePress(target, LEFT, pos=QPoint(10, 10))
    qtbot.mouseMove(target, QPoint(90, 90))
    with qtbot.assertNotEmitted(view.focus_drawn):
        qtbot.keyClick(target, Qt.Key.Key_Escape)
        qtbot.mouseRelease(target, LEFT, pos=QPoint(90, 90))
    assert view.drawing_focus
    with qtbot.waitSignal(view.drawing_ended):
        qtbot.keyClick(target, Qt.Key.Key_Escape)
    assert not view.drawing_focus


def test_a_click_alone_draws_no_box(qtbot: QtBot, view: PictureView) -> None:
    with qtbot.assertNotEmitted(view.focus_drawn):
        qtbot.mouseClick(under(view, QPoint(10, 10)), LEFT, pos=QPoint(10, 10))


def test_arrow_keys_move_the_box_and_with_shift_resize_it(qtbot: QtBot, view: PictureView) -> None:
    view.show_focus("0.25,0.25,0.5,0.5", "Steps")
    target = under(view, QPoint(10, 10))
    with qtbot.waitSignal(view.focus_drawn) as drawn:
        qtbot.keyClick(target, Qt.Key.Key_Right)
    assert drawn.args == ["0.260,0.250,0.500,0.500"]
    with qtbot.waitSignal(view.focus_drawn) as drawn:
        qtbot.keyClick(target, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert drawn.args == ["0.260,0.250,0.500,0.490"]


def test_keys_of_the_box_are_not_taken_by_the_windows_shortcuts(
    qtbot: QtBot, view: PictureView
) -> None:
    taken: list[str] = []
    for key in ("Right", "Escape"):
        QShortcut(QKeySequence(key), view, lambda key=key: taken.append(key))
    with qtbot.waitActive(view):
        view.activateWindow()
    view.show_focus("0.25,0.25,0.5,0.5", "Steps")
    target = under(view, QPoint(10, 10))
    with qtbot.waitSignal(view.focus_drawn):
        qtbot.keyClick(target, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.drawing_ended):
        qtbot.keyClick(target, Qt.Key.Key_Escape)
    assert taken == []
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert taken == ["Right"]


def test_a_box_that_is_only_shown_leaves_the_mouse_to_the_picture(
    qtbot: QtBot, view: PictureView
) -> None:
    view.drawing_focus = False
    view.show_focus("0.25,0.25,0.5,0.5", "Steps")
    with qtbot.assertNotEmitted(view.focus_drawn):
        drag(qtbot, view, QPoint(200, 100), QPoint(240, 100))
