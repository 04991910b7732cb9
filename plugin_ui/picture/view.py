"""The widget that shows a clip's picture."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from host_bridge.errors import CuelockError
from media.clip import Clip
from plugin_ui.picture.focus_layer import FocusLayer
from plugin_ui.picture.thread import PictureThread, Wish

#: What lies behind a picture is black and what is written there grey, as in a cinema.
_BEHIND, _WRITTEN = QColor(0, 0, 0), QColor(190, 190, 190)


class PictureView(QWidget):
    """Shows one frame of a clip, as large as there is room, and the focus box over it.

    Signals: `shown(int)` when a frame, counted from the clip's first, is on screen;
    `failed(CuelockError)` when a clip or a frame cannot be shown (it says so itself, too);
    `focus_drawn(str)` when a box was drawn, moved or resized: "x,y,w,h" in fractions;
    `drawing_ended()` when Escape ended the drawing of a focus.
    """

    shown = pyqtSignal(int)
    failed = pyqtSignal(object)
    focus_drawn = pyqtSignal(str)
    drawing_ended = pyqtSignal()
    _painted = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self._clip: Clip | None = None
        self._frame = 0
        self._expected: tuple[int, ...] = ()
        self._image: QImage | None = None
        self._image_frame: int | None = None
        self._told_frame: int | None = None
        self._error: CuelockError | None = None
        self._focus = FocusLayer(self)
        self._focus.drawn.connect(self.focus_drawn)
        self._focus.ended.connect(self.drawing_ended)
        # Who listens may do anything, but not while this is being painted.
        queued = Qt.ConnectionType.QueuedConnection
        self._painted.connect(self.shown, type=queued)  # pyright: ignore[reportCallIssue]  # stub
        self._thread = PictureThread(self)
        self._thread.ready.connect(self._take)
        self._thread.failed.connect(self._fail)
        self._thread.start()
        self.destroyed.connect(self._thread.leave)
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.leave)

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    @property
    def clip(self) -> Clip | None:
        return self._clip

    def show_clip(self, clip: Clip | None) -> None:
        """Show a clip's first frame; None: nothing."""
        self._clip, self._image, self._error = clip, None, None
        self._image_frame = self._told_frame = None
        self._expected = ()
        self._place_focus()
        if clip is None:
            self._thread.wish(None)
        self.show_frame(0)
        self.update()

    def show_frame(self, frame: int) -> None:
        """Show a frame, counted from the clip's first; beyond its ends: the first or last."""
        self._frame = max(0, min(frame, self._clip.frames - 1)) if self._clip else 0
        self._wish()

    def expect(self, *frames: int) -> None:
        """Keep ready where the playhead may jump to: the begin of a loop, or of playing."""
        if frames != self._expected:
            self._expected = frames
            self._wish()

    @property
    def drawing_focus(self) -> bool:
        """Whether the mouse draws, moves and resizes the focus box."""
        return self._focus.drawing

    @drawing_focus.setter
    def drawing_focus(self, drawing: bool) -> None:
        self._focus.drawing = drawing and self._clip is not None

    def show_focus(self, focus: str | None, name: str = "") -> None:
        """Show the box of a layer of that name; None: no box."""
        self._focus.show_box(focus, name)

    def leave(self) -> None:
        """End the decoding thread. The view is not used after that."""
        self._thread.leave()

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        self._thread.wish(None)
        super().closeEvent(a0)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._place_focus()
        self._wish()

    def event(self, a0: QEvent | None) -> bool:
        if a0 is not None and a0.type() == QEvent.Type.DevicePixelRatioChange:
            self._wish()
        return super().event(a0)

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BEHIND)
        if self._error is not None:
            self._write(painter, f"{self._error}\n{self._error.hint}")
        elif self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._picture_place(), self._image)
            self._tell_shown()
        elif self._clip is None:
            self._write(painter, self.tr("Drop a clip here, or press Ctrl+O."))

    def _write(self, painter: QPainter, text: str) -> None:
        painter.setPen(_WRITTEN)
        margin = self.fontMetrics().height()
        place = self.rect().adjusted(margin, margin, -margin, -margin)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _tell_shown(self) -> None:
        if self._image_frame is not None and self._image_frame != self._told_frame:
            self._told_frame = self._image_frame
            self._painted.emit(self._image_frame)

    def _picture_size(self) -> tuple[int, int]:
        """Width and height of the whole picture in device pixels, as large as there is room."""
        assert self._clip is not None
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(self.height() * ratio))
        whole = QSize(self._clip.width, self._clip.height)
        fitted = whole.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        return max(1, fitted.width()), max(1, fitted.height())

    def _picture_place(self) -> QRectF:
        """Where the picture lies in the widget, on whole device pixels."""
        ratio = self.devicePixelRatioF()
        width, height = self._picture_size()
        left = (round(self.width() * ratio) - width) // 2
        top = (round(self.height() * ratio) - height) // 2
        return QRectF(left / ratio, top / ratio, width / ratio, height / ratio)

    def _place_focus(self) -> None:
        self._focus.setGeometry(self.rect())
        self._focus.place_picture(self._picture_place() if self._clip else QRectF())

    def _wish(self) -> None:
        if self._clip is not None:
            size = self._picture_size()
            self._thread.wish(Wish(self._clip, self._frame, size, self._expected))

    def _take(self, wish: Wish, image: QImage) -> None:
        if wish.clip is not self._clip:
            return
        self._image, self._image_frame, self._error = image, wish.frame, None
        self.update()

    def _fail(self, wish: Wish, error: CuelockError) -> None:
        if wish.clip is not self._clip:
            return
        self._error, self._told_frame = error, None
        self.update()
        self.failed.emit(error)
