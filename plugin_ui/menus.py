"""The menu bar: every action of the list of keys, under the keys that the user gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence, QUndoStack
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QMenu,
    QWidget,
)

from host_bridge.errors import CuelockError
from plugin_ui.keys import ACTIONS, read_keys, write_keys
from plugin_ui.sheet import KeysSheet, told

_SWITCHES = ("pencil", "match")
#: A key that is held does these again and again; anything else, a render above all, is done once.
_AGAIN = (
    "undo", "redo", "next_frame", "last_frame", "next_ten", "last_ten", "next_cue", "last_cue",
    "in_earlier", "in_later", "out_earlier", "out_later",
)  # fmt: skip
_ENTER, _ESCAPE = (Qt.Key.Key_Return, Qt.Key.Key_Enter), (Qt.Key.Key_Escape,)


class Menus(QObject):
    """A window's actions, by the names of plugin_ui.keys.

    failed(CuelockError): the user's own keys cannot be read, and the shipped ones are used; or they
    cannot be kept.
    """

    failed = pyqtSignal(object)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._home: QWidget = window  # who has the keys when no field has them
        self._stays: QWidget = window

    def fill(self, deeds: Mapping[str, Callable[[], object]]) -> None:
        """What each action does, by its name; every action has a deed."""
        try:
            keys = read_keys()
        except CuelockError as error:
            self.failed.emit(error)
            keys = {action.name: action.keys for action in ACTIONS}
        bar = self._window.menuBar()
        assert bar is not None
        for action in ACTIONS:
            if action.menu not in self._menus:
                menu = bar.addMenu(told(action.menu))
                assert menu is not None
                self._menus[action.menu] = menu
            made = self.actions[action.name] = QAction(told(action.text), self._window)
            made.setShortcuts([QKeySequence(key) for key in keys[action.name]])
            made.setAutoRepeat(action.name in _AGAIN)
            made.triggered.connect(self.end_typing)
            made.triggered.connect(deeds[action.name])
            made.setCheckable(action.name in _SWITCHES)
            self._menus[action.menu].addAction(made)

    def offer_docks(self, home: QWidget, stays: QWidget) -> None:
        """A dock that was closed comes back by the View menu; its fields give the keys to home.

        stays: the field that Enter does not leave.
        """
        self._home, self._stays = home, stays
        views = self._menus["View"]
        views.addSeparator()
        for dock in self._window.findChildren(QDockWidget):
            views.addAction(dock.toggleViewAction())
            for field in (*dock.findChildren(QLineEdit), *dock.findChildren(QAbstractSpinBox)):
                field.installEventFilter(self)

    def enable(self, **able: bool) -> None:
        """Which actions can be done now."""
        for name, can in able.items():
            self.actions[name].setEnabled(can)

    def show_steps(self, stack: QUndoStack) -> None:
        """Undo and redo say what they take back."""
        for name, words, text in (
            ("undo", self.tr("Undo {step}"), stack.undoText()),
            ("redo", self.tr("Redo {step}"), stack.redoText()),
        ):
            self.actions[name].setText(words.format(step=text).strip())
            self.actions[name].setEnabled(bool(text))

    def show_keys(self) -> None:
        """The sheet, where keys are looked up and changed."""
        keys = {
            name: tuple(one.toString() for one in action.shortcuts())
            for name, action in self.actions.items()
        }
        sheet = KeysSheet(keys, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.changed.connect(self._take_keys)
        sheet.show()

    def _take_keys(self, keys: dict[str, tuple[str, ...]]) -> None:
        try:
            write_keys(keys)
        except CuelockError as error:  # they hold until the window closes
            self.failed.emit(error)
        for name, action in self.actions.items():
            action.setShortcuts([QKeySequence(one) for one in keys[name]])

    def end_typing(self) -> None:
        """Words that are still being typed count in what is done next."""
        field = QApplication.focusWidget()
        if isinstance(field, QLineEdit | QAbstractSpinBox):
            field.editingFinished.emit()

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Enter and Escape end the typing in a field: the keys are the transport's again."""
        ends = _ESCAPE if a0 is self._stays else (*_ENTER, *_ESCAPE)
        press = QEvent.Type.KeyPress
        if isinstance(a1, QKeyEvent) and a1.type() == press and a1.key() in ends:
            QTimer.singleShot(0, self._home.setFocus)  # after the field has heard of it
        return super().eventFilter(a0, a1)
