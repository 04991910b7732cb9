"""The sheet of keys: looked up, remapped, and saved as a page to print."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QPdfWriter, QTextDocument
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from plugin_ui.keys import ACTIONS, FIXED, Action

_ACTION = Qt.ItemDataRole.UserRole


def told(text: str) -> str:
    """An action's words in the user's language."""
    return QCoreApplication.translate("Keys", text)


class KeysSheet(QDialog):
    """All actions with their keys; what is typed into the field becomes the chosen action's.

    changed(dict[str, tuple[str, ...]]): the keys of every action, after each change.
    """

    changed = pyqtSignal(object)

    def __init__(self, keys: dict[str, tuple[str, ...]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self._keys = dict(keys)
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        self.tree.setAccessibleName(self.tr("Actions and their keys"))
        self.tree.setColumnWidth(0, 300)
        self.tree.currentItemChanged.connect(self._chosen)
        self.field = QKeySequenceEdit(self)
        self.field.setMaximumSequenceLength(1)
        self.field.setAccessibleName(self.tr("New keys of the chosen action"))
        self.field.editingFinished.connect(self._typed)
        self.clash = QLabel(self)
        self.shipped = QPushButton(self.tr("As shipped"), self)
        self.shipped.clicked.connect(self._give_back)
        self.page = QPushButton(self.tr("Save as a page…"), self)
        self.page.clicked.connect(self._save_page)
        below = QHBoxLayout()
        for widget in (self.field, self.shipped, self.page):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.clash)
        layout.addLayout(below)
        self.resize(520, 640)
        self._fill()

    def _fill(self) -> None:
        menus: dict[str, QTreeWidgetItem] = {}
        for action in ACTIONS:
            if action.menu not in menus:
                menus[action.menu] = QTreeWidgetItem(self.tree, [told(action.menu)])
            item = QTreeWidgetItem(menus[action.menu], [told(action.text), ""])
            item.setData(0, _ACTION, action)
            self._label(item)
        for fixed in FIXED:
            if fixed.place not in menus:
                menus[fixed.place] = QTreeWidgetItem(self.tree, [told(fixed.place)])
            item = QTreeWidgetItem(menus[fixed.place], [told(fixed.text), _native(fixed.keys)])
            item.setToolTip(1, self.tr("These keys stay as they are."))
        self.tree.expandAll()
        first = menus[ACTIONS[0].menu].child(0)
        self.tree.setCurrentItem(first)

    def _label(self, item: QTreeWidgetItem) -> None:
        action: Action = item.data(0, _ACTION)
        item.setText(1, _native(self._keys[action.name]))

    def _current(self) -> Action | None:
        """The action that is chosen; not a menu, nor keys that stay."""
        item = self.tree.currentItem()
        return item.data(0, _ACTION) if item is not None else None

    def _shown(self, action: Action) -> str:
        """The first of its keys, which the field shows; nothing where it has none."""
        return next(iter(self._keys[action.name]), "")

    def _chosen(self) -> None:
        action = self._current()
        for widget in (self.field, self.shipped):
            widget.setEnabled(action is not None)
        self.clash.clear()
        with QSignalBlocker(self.field):
            self.field.setKeySequence(QKeySequence(self._shown(action) if action else ""))

    def _typed(self) -> None:
        action, keys = self._current(), self.field.keySequence().toString()
        if action is not None and keys != self._shown(action):  # who merely looks in changes none
            self._take((keys,) if keys else ())

    def _give_back(self) -> None:
        action = self._current()
        if action is not None:
            self._take(action.keys)

    def _take(self, keys: tuple[str, ...]) -> None:
        action, item = self._current(), self.tree.currentItem()
        if action is None or item is None:
            return
        others = [
            *(other.text for other in ACTIONS
              if other is not action and set(self._keys[other.name]) & set(keys)),
            *(fixed.text for fixed in FIXED if set(fixed.keys) & set(keys)),
        ]  # fmt: skip
        if others:
            words = self.tr("{keys} is taken: {action}")
            self.clash.setText(words.format(keys=keys[0], action=told(others[0])))
            return
        self.clash.clear()
        self._keys[action.name] = keys
        self._label(item)
        self.changed.emit(dict(self._keys))

    def _save_page(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(
            self, self.tr("Save the keys as a page"), "cuelock-keys.pdf", "PDF (*.pdf)"
        )
        if path:
            self.write_page(path)

    def write_page(self, path: str) -> None:
        """The sheet as a PDF page."""
        page = QTextDocument()
        page.setHtml(self._html())
        page.print(QPdfWriter(path))

    def _html(self) -> str:
        listed = [(one.menu, one.text, self._keys[one.name]) for one in ACTIONS]
        rows, last = list[str](), ""
        for place, text, keys in (*listed, *FIXED):
            if place != last:
                last = place
                rows.append(f"<tr><td colspan=2><h3>{told(place)}</h3></td></tr>")
            typed = ", ".join(keys)
            rows.append(f"<tr><td width=300>{told(text)}</td><td><b>{typed}</b></td></tr>")
        return f"<h1>cuelock</h1><table>{''.join(rows)}</table>"


def _native(keys: tuple[str, ...]) -> str:
    """Keys as this system calls them."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(one).toString(native) for one in keys)
