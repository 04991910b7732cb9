"""What the engine works on for this panel: how far it is, what is left, and an end to it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from host_bridge.protocol import ProgressReport, Submit


class JobsBar(QWidget):
    """A line for each job, in their order.

    cancel_wanted(str): a job's id.
    """

    cancel_wanted = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Jobs"))
        self.lines: dict[str, JobLine] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        # Room for one line is always kept: nothing moves, nor is painted anew, when a job comes.
        self.setMinimumHeight(QPushButton().sizeHint().height())

    def show_jobs(self, jobs: Iterable[Submit]) -> None:
        """Those that are not at their end."""
        there = {job.job: job for job in jobs}
        for gone in set(self.lines) - set(there):
            line = self.lines.pop(gone)
            self._layout.removeWidget(line)
            line.deleteLater()
        for id_, job in there.items():
            if id_ not in self.lines:
                self.lines[id_] = line = JobLine(job, self)
                line.cancel.clicked.connect(lambda _on=False, id_=id_: self.cancel_wanted.emit(id_))
                self._layout.addWidget(line)

    def show_progress(self, report: ProgressReport) -> None:
        """How far one of them is."""
        if report.job in self.lines:
            self.lines[report.job].show_progress(report)


class JobLine(QWidget):
    """One job: its stage, a bar, the time it has left and a button to end it."""

    def __init__(self, job: Submit, parent: QWidget) -> None:
        super().__init__(parent)
        told = {
            "render": self.tr("Render"),
            "regenerate": self.tr("Regenerate"),
            "comp": self.tr("Comp"),
            "recut": self.tr("Recut"),
        }
        self._kind = told[job.kind]
        self._stage, self._began = "", 0.0
        self.label = QLabel(self.tr("{kind}: waits").format(kind=self._kind), self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 0)  # busy, and nobody knows how long: the engine loads or works
        self.bar.setAccessibleName(self.tr("Progress of {kind}").format(kind=self._kind))
        self.left = QLabel(self)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.left)
        layout.addWidget(self.cancel)

    def show_progress(self, report: ProgressReport) -> None:
        """A stage's share; what is left is reckoned from the stage's own pace."""
        now = time.monotonic()
        if report.stage != self._stage:
            self._stage, self._began = report.stage, now
        self.label.setText(f"{self._kind}: {report.stage}")
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * report.done))
        if 0 < report.done < 1:
            left = (now - self._began) * (1 / report.done - 1)
            self.left.setText(self.tr("{n} s").format(n=round(left)))
