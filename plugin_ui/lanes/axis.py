"""The one time axis under all lanes: which frames are seen, and where on the screen."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.timecode import FrameRange
from plugin_ui.lanes.timeline import Timeline

_MOST_PIXELS = 96.0  # of a frame
_MARGIN = 12.0  # pixels beyond either end


class TimeAxis(QObject):
    """Frames to pixels and back, for every lane alike. Pixels are Qt's, before scaling.

    Signals:
    changed(): the seen part, the width or the timeline is another one.
    """

    changed = pyqtSignal()

    def __init__(self, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._width = 1
        self._left = 0.0
        self._scale = _MOST_PIXELS
        self.fit(timeline.whole)

    @property
    def timeline(self) -> Timeline:
        return self._timeline

    @property
    def width(self) -> int:
        """Pixels that the lanes are wide."""
        return self._width

    @property
    def pixels_per_frame(self) -> float:
        return self._scale

    @property
    def left(self) -> float:
        """The frame at the left edge."""
        return self._left

    @property
    def seen(self) -> float:
        """Frames between the edges."""
        return self._width / self._scale

    @property
    def whole(self) -> tuple[float, float]:
        """What can be scrolled to: the timeline with a margin of some pixels, in frames."""
        margin = _MARGIN / self._scale
        return -margin, max(self._timeline.frames + margin, self.seen - margin)

    def x_of(self, frame: float) -> float:
        return (frame - self._left) * self._scale

    def frame_at(self, x: float) -> float:
        return self._left + x / self._scale

    def show(self, timeline: Timeline) -> None:
        """Another timeline, seen as a whole."""
        self._timeline = timeline
        self.fit(timeline.whole)

    def set_width(self, pixels: int) -> None:
        """The lanes are so wide now. Who saw everything still does."""
        if pixels == self._width:
            return
        all_seen = self._scale <= self._least() * (1 + 1e-9)
        self._width = max(1, pixels)
        self._place(self._left, self._least() if all_seen else self._scale)

    def zoom(self, factor: float, at_x: float) -> None:
        """Larger by a factor; the frame at `at_x` stays there, unless an end comes into sight."""
        frame = self.frame_at(at_x)
        scale = self._bounded(self._scale * factor)
        self._place(frame - at_x / scale, scale)

    def scroll(self, pixels: float) -> None:
        """Later by so many pixels."""
        self._place(self._left + pixels / self._scale, self._scale)

    def scroll_to(self, frame: float) -> None:
        """A frame to the left edge."""
        self._place(frame, self._scale)

    def fit(self, frames: FrameRange) -> None:
        """A range from edge to edge."""
        room = max(1.0, self._width - 2 * _MARGIN)
        scale = self._bounded(room / max(1, frames.frames))
        self._place(frames.start - (self._width - frames.frames * scale) / 2 / scale, scale)

    def reveal(self, frame: int) -> None:
        """Turn the page when a frame is out of sight, as players do."""
        if not 0 <= self.x_of(frame) < self._width:
            self._place(frame - 0.1 * self.seen, self._scale)

    def _least(self) -> float:
        room = max(1.0, self._width - 2 * _MARGIN)
        return min(_MOST_PIXELS, room / max(1, self._timeline.frames))

    def _bounded(self, scale: float) -> float:
        return min(max(scale, self._least()), _MOST_PIXELS)

    def _place(self, left: float, scale: float) -> None:
        self._scale = self._bounded(scale)
        first, last = self.whole
        self._left = max(first, min(left, last - self.seen))
        self.changed.emit()
