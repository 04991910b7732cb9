"""The panel seen from outside: the system's tray and dock, and what is told of work that ended."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QGuiApplication
from PyQt6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from host_bridge.errors import CuelockError
from host_bridge.protocol import JobStatus, ProgressReport
from plugin_ui.desk import Desk
from plugin_ui.emblem import emblem
from plugin_ui.link import ENDED
from plugin_ui.status import StatusLine

_LONG_SECONDS = 20.0  # what took less was waited for


class Tray(QObject):
    """An icon with the words of the line below, how many jobs the dock counts, and a message when
    work that took long has ended and nobody was looking.

    Qt shows the icon where the system has a tray, also one that comes later, and nothing elsewhere.
    """

    def __init__(self, desk: Desk, status: StatusLine, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._status, self._window = desk, status, window
        self._now = time.monotonic
        self._last: ProgressReport | None = None
        self._given: set[str] = set()  # jobs that are not at their end
        self._since = 0.0  # there are some
        self._made = self._failed = 0  # since then
        self.menu = QMenu(window)
        self.open = QAction(self.tr("Open panel"), self)
        self.cancel = QAction(self.tr("Cancel all"), self)
        self.quit = QAction(self.tr("Quit"), self)
        for action, do in (
            (self.open, self.show_window), (self.cancel, desk.cancel_all), (self.quit, self._quit),
        ):  # fmt: skip
            action.triggered.connect(do)
            self.menu.addAction(action)
        self.icon = QSystemTrayIcon(emblem(), self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self.show_window)
        for changed in (desk.jobs_changed, desk.batch.changed):
            changed.connect(self._count)
        desk.link.state_changed.connect(self._show)
        desk.link.progressed.connect(self._progress)
        desk.link.job_changed.connect(self._job)
        desk.link.refused.connect(self._refused)
        QGuiApplication.setDesktopFileName("cuelock")  # by which docks know it
        self._count()
        self.icon.show()

    def leave(self) -> None:
        """The window closes."""
        self.icon.hide()
        _count_in_dock(0)

    def show_window(self) -> None:
        """Before all others."""
        self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _quit(self) -> None:
        self.show_window()  # it may have to ask
        self._window.close()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.show_window()

    # --- what is seen of it

    def _count(self) -> None:
        """Jobs came, or went."""
        working = self._desk.working()
        if working and not self._given:
            self._since, self._made, self._failed = self._now(), 0, 0
        self._given.update(working)
        self.cancel.setEnabled(bool(working))
        _count_in_dock(len(working))
        self._show()

    def _progress(self, report: ProgressReport) -> None:
        self._last = report
        self._show()

    def _show(self) -> None:
        """The words of the line below, and how far the jobs are."""
        working, words = self._desk.working(), self._status.engine.text()
        if working and self._last is not None and self._last.job in working:
            told = self.tr("{n} left; {stage}: {share} %")
            share = round(100 * self._last.done)
            words += "\n" + told.format(n=len(working), stage=self._last.stage, share=share)
        self.icon.setToolTip(words)

    # --- what ended

    def _job(self, status: JobStatus) -> None:
        if status.state in ENDED:
            self._ended(status.job, made=status.state == "done", failed=status.state == "failed")

    def _refused(self, job: str, _error: CuelockError) -> None:
        if job not in self._desk.working():  # the batch asks again later
            self._ended(job, made=False, failed=True)

    def _ended(self, job: str, *, made: bool, failed: bool) -> None:
        if job not in self._given:
            return
        self._given.discard(job)
        self._made += made
        self._failed += failed
        away = QApplication.activeWindow() is None
        if not self._given and away and self._now() - self._since > _LONG_SECONDS:
            self._tell()

    def _tell(self) -> None:
        """That it ended, unless all was cancelled."""
        count = self._made + self._failed
        if not count:
            return
        failed = self.tr("{failed} of {n} jobs failed.").format(failed=self._failed, n=count)
        self.icon.showMessage("cuelock", failed if self._failed else self.tr("All is rendered."))
        QApplication.alert(self._window)


def _count_in_dock(jobs: int) -> None:
    """On the application's sign, where the system has a place for it."""
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    app.setBadgeNumber(jobs)
