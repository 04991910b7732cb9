"""Where everything stands in the window, before a hand has moved it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

_SIZE = (1440, 940)
_LEFT, _RIGHT, _BELOW = 280, 420, 400  # pixels across, or down
_Area = Qt.DockWidgetArea

Titled = tuple[str, QWidget]


def arrange(
    window: QMainWindow,
    centre: Sequence[QWidget],
    *,
    stretched: QWidget,
    left: Sequence[Titled],
    right: Sequence[Titled],
    below: Titled,
) -> None:
    """The centre's widgets one above the other, docks around them: tabs at the left, one above the
    other at the right.
    """
    middle = QWidget(window)
    column = QVBoxLayout(middle)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in centre:
        column.addWidget(widget, 1 if widget is stretched else 0)
    window.setCentralWidget(middle)
    window.setTabPosition(_Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    tabs = [_dock(window, _Area.LeftDockWidgetArea, *one) for one in left]
    for tab in tabs[1:]:
        window.tabifyDockWidget(tabs[0], tab)
    tabs[0].raise_()
    others = [_dock(window, _Area.RightDockWidgetArea, *one) for one in right]
    lowest = _dock(window, _Area.BottomDockWidgetArea, *below)
    window.resize(*_SIZE)
    across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([tabs[0], others[0]], [_LEFT, _RIGHT], across)
    window.resizeDocks([lowest], [_BELOW], down)


def _dock(window: QMainWindow, area: Qt.DockWidgetArea, title: str, widget: QWidget) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(type(widget).__name__)
    dock.setWidget(widget)
    window.addDockWidget(area, dock)
    return dock
