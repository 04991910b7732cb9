"""What leaves the panel by its menu: the take's files, and the clip as a timeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS
from host_bridge.protocol import DeliverReply
from plugin_ui.desk import Desk
from plugin_ui.keeper import keep_export, last_export
from plugin_ui.outlet import TIMELINES, Outlet, cut_of, ended, excerpt
from plugin_ui.spotting import Spotting


class Exports(QObject):
    """Asks where to, and writes.

    told(str, Path): what was written, in words, and to which folder. failed(CuelockError).
    written(str): a timeline is there.
    """

    told = pyqtSignal(str, object)
    failed = pyqtSignal(object)
    written = pyqtSignal(str)

    def __init__(self, desk: Desk, spotting: Spotting, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._spotting, self._window = desk, spotting, window
        self._outlet = Outlet(self)
        self._outlet.failed.connect(self.failed)
        self._outlet.written.connect(self._tell_written)
        desk.exported.connect(self._tell_exported)

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {
            "export": self._export,
            "export_to": self._export_to,
            "timeline": self._export_timeline,
        }

    def _export(self) -> None:
        """To the folder that took the last one; who has none yet, or lost it, is asked."""
        folder = last_export()
        if folder is not None and folder.is_dir():
            self._desk.export(folder)
        else:
            self._export_to()

    def _export_to(self) -> None:
        title, last = self.tr("Export the take to"), last_export()
        folder = QFileDialog.getExistingDirectory(self._window, title, str(last or ""))
        if folder:
            self._desk.export(Path(folder))
            try:
                keep_export(Path(folder))
            except CuelockError as error:
                self.failed.emit(error)

    def _tell_exported(self, reply: DeliverReply) -> None:
        where = Path(reply.paths[0]).parent
        words = self.tr("{n} files written to {folder}")
        self.told.emit(words.format(n=len(reply.paths), folder=where), where)

    def _export_timeline(self) -> None:
        if self._desk.here is None:
            return
        forms = {f"{name} (*{FORMATS[form].ending})": form for name, form in TIMELINES.items()}
        title, stem = self.tr("Export as a timeline"), self._desk.here.clip.path.stem
        path, kind = QFileDialog.getSaveFileName(self._window, title, stem, ";;".join(forms))
        if path and self._may_write(Path(path), ended(Path(path), forms[kind])):
            self.write_timeline(Path(path), forms[kind])

    def _may_write(self, named: Path, to: Path) -> bool:
        """Whether a file that the dialog did not ask about may be replaced, if there is one."""
        if to == named or not to.exists():
            return True
        words = self.tr("{name} is there already. Replace it?").format(name=to.name)
        answer = QMessageBox.question(self._window, self.tr("Export as a timeline"), words)
        return answer == QMessageBox.StandardButton.Yes

    def write_timeline(self, path: Path, form: str) -> None:
        """The region, or the whole clip, with its stems as they are heard, in one of
        outlet.TIMELINES' formats.
        """
        here, region = self._desk.here, self._desk.work.region
        assert here is not None
        cut = cut_of(here, self._desk.sounding(), self._spotting.events)
        cut = cut if region is None else excerpt(cut, region)
        self._outlet.write(cut, path, form)

    def _tell_written(self, path: str) -> None:
        self.told.emit(self.tr("Written: {path}").format(path=path), Path(path).parent)
        self.written.emit(path)
