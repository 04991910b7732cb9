"""The thread that decodes, so that the GUI thread never does."""

from __future__ import annotations

import logging
from threading import Condition
from typing import NamedTuple

from av.video.frame import VideoFrame
from PyQt6.QtCore import QObject, QThread, pyqtSignal
from PyQt6.QtGui import QImage

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.decode import Converter
from plugin_ui.picture.reel import Reel

log = logging.getLogger(__name__)

_MOMENT_SECONDS = 0.3


class Wish(NamedTuple):
    """A frame of a clip that somebody wants to see.

    size: (width, height) in device pixels; expected: frames to which the playhead may jump.
    """

    clip: Clip
    frame: int
    size: tuple[int, int]
    expected: tuple[int, ...] = ()


class PictureThread(QThread):
    """Brings wished pictures; of several wishes the newest counts.

    A wish whose decoding has begun is finished first, unless the newest is met on the way: who
    scrubs faster than a machine decodes still sees pictures. In between, the next frames are
    fetched, and when nothing has been wished for a moment, those behind and those expected.

    Signals: `ready(Wish, QImage)` when a wished picture is decoded; `failed(Wish, CuelockError)`
    when it cannot be.
    """

    ready = pyqtSignal(object, QImage)
    failed = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = Condition()
        self._newest: Wish | None = None
        self._leaving = False
        # What follows is the thread's own.
        self._answered: Wish | None = None
        self._begun: Wish | None = None
        self._resting, self._at_leisure = True, True
        self._reel: Reel | None = None
        self._converter: tuple[Clip, tuple[int, int], Converter] | None = None

    def wish(self, wish: Wish | None) -> None:
        """Ask for a picture; None: for none any more."""
        with self._changed:
            self._newest = wish
            self._changed.notify()

    def leave(self) -> None:
        """End the thread and wait until it has: at most for one decoded picture."""
        with self._changed:
            self._leaving = True
            self._changed.notify()
        self.wait()

    def run(self) -> None:
        while self._wait_for_work():
            newest = self._newest
            try:
                self._work(newest)
            except CuelockError as error:
                self._give_up(newest, error)
        self._close()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while self._resting and self._newest is self._answered and not self._leaving:
                wished = self._changed.wait(None if self._at_leisure else _MOMENT_SECONDS)
                if not wished:
                    self._at_leisure, self._resting = True, False
            return not self._leaving

    def _work(self, newest: Wish | None) -> None:
        """Show one picture, or decode one."""
        if newest is None or self._reel is None or self._reel.clip is not newest.clip:
            self._open(newest)
            return
        reel = self._reel
        if newest is not self._answered:
            if (picture := reel.picture(newest.frame)) is not None:
                self._answer(newest, picture)
                return
            self._begun = self._begun or newest
        if self._begun is not None:
            reel.look_at(self._begun.frame, self._begun.expected)
            if (picture := reel.picture(self._begun.frame)) is not None:
                self._answer(self._begun, picture)
            else:
                reel.advance(self._begun.frame)
            return
        frame = reel.ahead()
        if frame is None and self._at_leisure:
            frame = reel.beside()
        if frame is None:
            self._resting = True
        else:
            reel.advance(frame)

    def _open(self, newest: Wish | None) -> None:
        self._close()
        self._begun = None
        if newest is None:
            self._answered = None
            self._resting = self._at_leisure = True
        else:
            self._reel = Reel(newest.clip)

    def _close(self) -> None:
        if self._reel is not None:
            self._reel.close()
            self._reel = None

    def _answer(self, wish: Wish, picture: VideoFrame) -> None:
        assert self._reel is not None
        self._reel.look_at(wish.frame, wish.expected)
        self._answered, self._begun = wish, None
        self._resting = self._at_leisure = False
        self.ready.emit(wish, self._image(wish, picture))

    def _give_up(self, newest: Wish | None, error: CuelockError) -> None:
        """Tell of a wish that cannot be met; what was only fetched ahead is not missed yet."""
        wish = self._begun or newest
        self._resting = self._at_leisure = True
        if wish is self._answered:
            log.info("nothing is fetched ahead: %s", error)
            return
        self._answered, self._begun = wish, None
        self.failed.emit(wish, error)

    def _image(self, wish: Wish, picture: VideoFrame) -> QImage:
        if self._converter is None or self._converter[:2] != (wish.clip, wish.size):
            self._converter = wish.clip, wish.size, Converter(wish.clip, wish.size)
        rgb = self._converter[2].rgb(picture)
        height, width = rgb.shape[:2]
        seen = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        return seen.convertToFormat(QImage.Format.Format_RGB32)
