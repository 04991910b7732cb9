"""The one time axis under all lanes: which frames are seen, and where on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.timecode import FrameRange
from plugin_ui.lanes.timeline import Timeline

_MOST_PIXELS = 96.0  # of a frame
_MARGIN = 12.0  # pixels beyond either end


@dataclass(frozen=True)
class View:
    """A stretch of the timeline on so many pixels: what is drawn of it."""

    timeline: Timeline
    left: float  # the frame at the left edge
    pixels_per_frame: float
    width: float

    @property
    def seen(self) -> float:
        """Frames between the edges."""
        return self.width / self.pixels_per_frame

    def x_of(self, frame: float) -> float:
        return (frame - self.left) * self.pixels_per_frame

    def frame_at(self, x: float) -> float:
        return self.left + x / self.pixels_per_frame

    def part(self, x: float, width: float) -> View:
        """The pixels from x on."""
        return replace(self, left=self.frame_at(x), width=width)


class TimeAxis(QObject):
    """Frames to pixels and back, for every lane alike. Pixels are Qt's, before scaling.

    Signals:
    changed(): the seen part, the width or the timeline is another one.
    """

    changed = pyqtSignal()

    def __init__(self, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = View(timeline, 0.0, _MOST_PIXELS, 1)
        self.fit(timeline.whole)

    @property
    def view(self) -> View:
        """What is seen now."""
        return self._view

    @property
    def timeline(self) -> Timeline:
        return self._view.timeline

    @property
    def width(self) -> int:
        """Pixels that the lanes are wide."""
        return round(self._view.width)

    @property
    def pixels_per_frame(self) -> float:
        return self._view.pixels_per_frame

    @property
    def left(self) -> float:
        """The frame at the left edge."""
        return self._view.left

    @property
    def seen(self) -> float:
        """Frames between the edges."""
        return self._view.seen

    @property
    def whole(self) -> tuple[float, float]:
        """What can be scrolled to: the timeline with a margin of some pixels, in frames."""
        margin = _MARGIN / self.pixels_per_frame
        return -margin, max(self.timeline.frames + margin, self.seen - margin)

    def x_of(self, frame: float) -> float:
        return self._view.x_of(frame)

    def frame_at(self, x: float) -> float:
        return self._view.frame_at(x)

    def show(self, timeline: Timeline) -> None:
        """Another timeline, seen as a whole."""
        self._view = replace(self._view, timeline=timeline)
        self.fit(timeline.whole)

    def set_width(self, pixels: int) -> None:
        """The lanes are so wide now. Who saw everything still does."""
        if pixels == self.width:
            return
        all_seen = self.pixels_per_frame <= self._least() * (1 + 1e-9)
        self._view = replace(self._view, width=max(1, pixels))
        self._place(self.left, self._least() if all_seen else self.pixels_per_frame)

    def zoom(self, factor: float, at_x: float) -> None:
        """Larger by a factor; the frame at `at_x` stays there, unless an end comes into sight."""
        frame = self.frame_at(at_x)
        scale = self._bounded(self.pixels_per_frame * factor)
        self._place(frame - at_x / scale, scale)

    def scroll(self, pixels: float) -> None:
        """Later by so many pixels."""
        self._place(self.left + pixels / self.pixels_per_frame, self.pixels_per_frame)

    def scroll_to(self, frame: float) -> None:
        """A frame to the left edge."""
        self._place(frame, self.pixels_per_frame)

    def fit(self, frames: FrameRange) -> None:
        """A range from edge to edge."""
        room = max(1.0, self.width - 2 * _MARGIN)
        scale = self._bounded(room / max(1, frames.frames))
        self._place(frames.start - (self.width - frames.frames * scale) / 2 / scale, scale)

    def reveal(self, frame: int) -> None:
        """Turn the page when a frame is out of sight, as players do."""
        if not 0 <= self.x_of(frame) < self.width:
            self._place(frame - 0.1 * self.seen, self.pixels_per_frame)

    def _least(self) -> float:
        room = max(1.0, self.width - 2 * _MARGIN)
        return min(_MOST_PIXELS, room / max(1, self.timeline.frames))

    def _bounded(self, scale: float) -> float:
        return min(max(scale, self._least()), _MOST_PIXELS)

    def _place(self, left: float, scale: float) -> None:
        self._view = replace(self._view, pixels_per_frame=self._bounded(scale))
        first, last = self.whole
        self._view = replace(self._view, left=max(first, min(left, last - self.seen)))
        self.changed.emit()
