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

from plugin_ui.keys import ACTIONS, Action

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
        self.shipped.clicked.connect(lambda: self._take(self._current().keys))
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
        self.tree.expandAll()
        first = menus[ACTIONS[0].menu].child(0)
        self.tree.setCurrentItem(first)

    def _label(self, item: QTreeWidgetItem) -> None:
        action: Action = item.data(0, _ACTION)
        native = QKeySequence.SequenceFormat.NativeText
        item.setText(
            1, ", ".join(QKeySequence(keys).toString(native) for keys in self._keys[action.name])
        )

    def _current(self) -> Action:
        item = self.tree.currentItem()
        action = item.data(0, _ACTION) if item is not None else None
        return action if action is not None else ACTIONS[0]

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        action = item.data(0, _ACTION) if item is not None else None
        self.field.setEnabled(action is not None)
        self.clash.clear()
        with QSignalBlocker(self.field):
            keys = self._keys[action.name][:1] if action is not None else ()
            self.field.setKeySequence(QKeySequence(keys[0] if keys else ""))

    def _typed(self) -> None:
        keys = self.field.keySequence().toString()
        self._take((keys,) if keys else ())

    def _take(self, keys: tuple[str, ...]) -> None:
        action = self._current()
        others = [
            other for other in ACTIONS
            if other is not action and set(self._keys[other.name]) & set(keys)
        ]  # fmt: skip
        if others:
            self.clash.setText(
                self.tr("{keys} is taken: {action}").format(
                    keys=keys[0], action=told(others[0].text)
                )
            )
            return
        self.clash.clear()
        self._keys[action.name] = keys
        item = self.tree.currentItem()
        if item is not None:
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
        rows: list[str] = []
        menu = ""
        for action in ACTIONS:
            if action.menu != menu:
                menu = action.menu
                rows.append(f"<tr><td colspan=2><h3>{told(menu)}</h3></td></tr>")
            keys = ", ".join(self._keys[action.name])
            rows.append(f"<tr><td width=300>{told(action.text)}</td><td><b>{keys}</b></td></tr>")
        return f"<h1>cuelock</h1><table>{''.join(rows)}</table>"
