"""The batch: ranges that are rendered one after the other, how far each is, and all of them."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QPainter, QShortcut, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionProgressBar,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from plugin_ui.batch import Batch
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.session import Queued

_JOB = Qt.ItemDataRole.UserRole
_SHARE = Qt.ItemDataRole.UserRole + 1  # 0..1; None while nothing is known
_RANGE, _STATE, _LAYERS = range(3)


class BatchDock(QWidget):
    """Shows a batch, asks for it and ends it.

    ranges_wanted(str): more: "region", "shots" or "events". times_wanted(str): a list of them.
    went_to(Queued): somebody wants to be there, and hear its take.
    """

    ranges_wanted = pyqtSignal(str)
    times_wanted = pyqtSignal(str)
    went_to = pyqtSignal(object)

    def __init__(self, batch: Batch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._batch = batch
        self._timeline: Timeline | None = None
        self._model = QStandardItemModel(0, 3, self)
        self._model.setHorizontalHeaderLabels(
            [self.tr("Range"), self.tr("State"), self.tr("Layers")]
        )
        self.tree = self._tree()
        self.add_button = self._adder()
        self.times = QPlainTextEdit(self)
        self.times.setPlaceholderText("01:00:02:00 - 01:00:04:12\n01:00:07:00 - 01:00:09:00")
        self.times.setAccessibleName(self.tr("Times, in and out on a line"))
        self.times.setTabChangesFocus(True)
        self.times.setMaximumHeight(6 * self.fontMetrics().height())
        self.take_times = QPushButton(self.tr("Add these ranges"), self)
        self.take_times.clicked.connect(lambda: self.times_wanted.emit(self.times.toPlainText()))
        self.render_button = QPushButton(self.tr("Render all"), self)
        self.render_button.clicked.connect(batch.render)
        self.cancel_all = QPushButton(self.tr("Cancel all"), self)
        self.cancel_all.clicked.connect(
            lambda: batch.cancel([one.job.job for one in batch.asked()])
        )
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.cancel_button.setToolTip(self.tr("The chosen ranges wait again"))
        self.cancel_button.clicked.connect(lambda: batch.cancel(self._chosen()))
        self.remove_button = QPushButton(self.tr("Remove"), self)
        self.remove_button.setToolTip(self.tr("The chosen ranges leave it; takes stay (Del)"))
        self.remove_button.clicked.connect(lambda: batch.remove(self._chosen()))
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.tree)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove_button.click)
        self.bar, self.left = QProgressBar(self), QLabel(self)
        self.bar.setAccessibleName(self.tr("Progress of the batch"))
        self._lay_out()
        self.show_times(on=False)
        batch.changed.connect(self._show)
        batch.progressed.connect(self._show_progress)
        self._show()

    def _tree(self) -> QTreeView:
        tree = QTreeView(self)
        tree.setModel(self._model)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setAccessibleName(self.tr("Batch"))
        tree.setItemDelegateForColumn(_STATE, _Bar(tree))
        tree.activated.connect(self._activated)
        selection = tree.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._able)
        header = tree.header()
        assert header is not None
        header.setSectionResizeMode(_RANGE, QHeaderView.ResizeMode.ResizeToContents)
        return tree

    def _adder(self) -> QToolButton:
        button, menu = QToolButton(self), QMenu(self)
        button.setText(self.tr("Add"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for kind, told in (
            ("region", self.tr("The region")),
            ("shots", self.tr("Every shot of it")),
            ("events", self.tr("Around every event in it")),
        ):
            action = menu.addAction(told)
            assert action is not None
            action.triggered.connect(lambda _on=False, kind=kind: self.ranges_wanted.emit(kind))
        times = menu.addAction(self.tr("A list of times…"))
        assert times is not None
        times.triggered.connect(lambda: self.show_times(on=True))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        above, below, whole = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (above, (self.add_button, self.render_button, self.cancel_all)),
            (below, (self.cancel_button, self.remove_button)),
            (whole, (self.bar, self.left)),
        ):
            for widget in widgets:
                row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addLayout(above)
        layout.addWidget(self.times)
        layout.addWidget(self.take_times)
        layout.addWidget(self.tree, 1)
        layout.addLayout(below)
        layout.addLayout(whole)

    def open(self, timeline: Timeline) -> None:
        """The time that ranges are told in."""
        self._timeline = timeline
        self._show()

    def show_times(self, *, on: bool) -> None:
        """Whether a list of times can be typed or pasted."""
        self.times.setVisible(on)
        self.take_times.setVisible(on)
        if on:
            self.times.clear()
            self.times.setFocus()

    def _chosen(self) -> list[str]:
        selection = self.tree.selectionModel()
        assert selection is not None
        return [str(row.data(_JOB)) for row in selection.selectedRows()]

    def _activated(self, index: QModelIndex) -> None:
        self.went_to.emit(self._batch.queue[index.row()])

    # --- what the eye sees

    def _show(self) -> None:
        """The batch as it is. Rows stand where they stood, and what was chosen is."""
        queue = self._batch.queue if self._timeline is not None else ()
        selection = self.tree.selectionModel()
        assert selection is not None
        chosen = {row.row() for row in selection.selectedRows()}
        with QSignalBlocker(selection):
            self._model.setRowCount(len(queue))
            for number, one in enumerate(queue):
                for column, item in enumerate(self._row(one)):
                    self._model.setItem(number, column, item)
            for number in chosen:
                index = self._model.index(number, 0)
                flags = selection.SelectionFlag
                selection.select(index, flags.Select | flags.Rows)
        self._show_progress()
        self._able()

    def _row(self, one: Queued) -> list[QStandardItem]:
        assert self._timeline is not None
        region = one.region
        start, stop = (self._timeline.label(at) for at in (region.start, region.stop))
        layers = ", ".join(layer.name for layer in one.request.layers)
        row = [QStandardItem(text) for text in (f"{start} – {stop}", "", layers)]
        row[0].setData(one.job.job, _JOB)
        row[_STATE].setToolTip(one.error.hint if one.error else "")
        return row

    def _show_progress(self) -> None:
        for number, one in enumerate(self._batch.queue[: self._model.rowCount()]):
            item, share = self._model.item(number, _STATE), self._batch.shares.get(one.job.job)
            assert item is not None
            item.setData(share.all if share else None, _SHARE)
            item.setText(self._told(one))
        self._show_whole()

    def _told(self, one: Queued) -> str:
        share = self._batch.shares.get(one.job.job)
        if one.state == "asked" and share is not None:
            return f"{share.stage} {share.done:.0%}"
        if one.error is not None:
            return self.tr("failed: {why}").format(why=one.error.message)
        return {
            "waits": self.tr("waits"),
            "asked": self.tr("asked for"),
            "done": self.tr("done"),
            "failed": self.tr("failed"),
        }[one.state]

    def _show_whole(self) -> None:
        queue, shares = self._batch.queue, self._batch.shares
        done = sum(one.state == "done" for one in queue)
        self.bar.setRange(0, 100 * max(1, len(queue)))
        self.bar.setValue(100 * done + round(100 * sum(share.all for share in shares.values())))
        told = self.tr("{n} of {all} done").format(n=done, all=len(queue)) if queue else ""
        seconds = self._batch.seconds_left()
        if seconds is not None:
            told += ", " + self._duration(seconds)
        self.left.setText(told)

    def _duration(self, seconds: float) -> str:
        if seconds < 100:
            return self.tr("{n} s left").format(n=round(seconds))
        return self.tr("{n} min left").format(n=round(seconds / 60))

    def _able(self) -> None:
        queue, chosen = self._batch.queue, set(self._chosen())
        asked = {one.job.job for one in self._batch.asked()}
        self.render_button.setEnabled(any(one.state in ("waits", "failed") for one in queue))
        self.cancel_all.setEnabled(bool(asked))
        self.cancel_button.setEnabled(bool(chosen & asked))
        self.remove_button.setEnabled(bool(chosen))


class _Bar(QStyledItemDelegate):
    """A state's words, over a bar where something is worked on."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        share, style = index.data(_SHARE), QApplication.style()
        if share is None or style is None:
            super().paint(painter, option, index)
            return
        bar = QStyleOptionProgressBar()
        bar.rect = QRect(option.rect).adjusted(1, 1, -1, -1)
        bar.palette, bar.fontMetrics = option.palette, option.fontMetrics
        bar.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Horizontal
        bar.maximum, bar.progress = 100, round(100 * share)
        bar.text, bar.textVisible = str(index.data()), True
        style.drawControl(QStyle.ControlElement.CE_ProgressBar, bar, painter)
