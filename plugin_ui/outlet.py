"""A take as a timeline of other programs: the clip's picture, its stems, what was spotted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS, Cut, write_cut
from host_bridge.exchange.cut import Lane, Medium, Shot
from host_bridge.exchange.stems import lanes_of
from host_bridge.protocol import SpottedEvent
from host_bridge.timecode import FrameIndex, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, Marker, Stem
from plugin_ui import background
from plugin_ui.session import Region
from plugin_ui.sounding import Opened, Sounding
from plugin_ui.stems import handed_out

#: Formats that hold picture and sound, by what people call them.
TIMELINES = {
    "OpenTimelineIO": "otio",
    "Final Cut Pro 7 XML": "fcp7",
    "Final Cut Pro X": "fcpxml",
    "EDL": "edl",
    "AAF": "aaf",
}


def cut_of(here: Opened, sounding: Sequence[Sounding], events: Sequence[SpottedEvent]) -> Cut:
    """The clip as a timeline of its own, with stems as they are heard and events as markers."""
    timeline, name = here.timeline, here.clip.path.stem
    origin, length = (
        Fraction(frames) / timeline.rate.exact for frames in (timeline.origin, timeline.frames)
    )
    medium = Medium(str(here.clip.path), here.clip.rate, origin, length)
    picture = Lane("picture", (Shot(medium, Fraction(0), length, origin, name=name),))
    markers = tuple(
        Marker(frame=FrameIndex(event.frame), name="event", key=f"cuelock-{event.frame}")
        for event in events
    )
    cut = Cut(name, timeline.rate, timeline.origin, (picture,), (), markers)
    stems = (
        Stem(
            path=handed_out(one.stem.path),
            take="",
            layer=one.layer.name,
            start=sample_of_frame(one.start, timeline.rate, SAMPLE_RATE),
            samples=one.stem.samples,
            channels=one.stem.channels,
        )
        for one in sounding
    )
    return cut._replace(sounds=lanes_of(stems, cut))


def excerpt(cut: Cut, region: Region) -> Cut:
    """A region of a timeline as one of its own, which begins with the region."""
    start, stop = cut.seconds(region.start), cut.seconds(region.stop)

    def part(lane: Lane) -> Lane:
        inside = (shot.within(start, stop) for shot in lane.shots)
        return lane._replace(shots=tuple(s.moved(-start) for s in inside if s.start < s.stop))

    return cut._replace(
        first=cut.first + region.start,
        pictures=tuple(map(part, cut.pictures)),
        sounds=tuple(lane for lane in map(part, cut.sounds) if lane.shots),
        markers=tuple(
            replace(marker, frame=FrameIndex(marker.frame - region.start))
            for marker in cut.markers
            if region.start <= marker.frame < region.stop
        ),
    )


def ended(path: Path, form: str) -> Path:
    """A path with its format's ending, which one without it gets."""
    ending = FORMATS[form].ending
    return path if path.suffix == ending else path.with_name(path.name + ending)


class Outlet(QObject):
    """Writes timelines away from the GUI thread.

    written(str): a file is there. failed(CuelockError): it is not, and why.
    """

    written = pyqtSignal(str)
    failed = pyqtSignal(object)

    def write(self, cut: Cut, path: Path, form: str) -> None:
        """A timeline in one of TIMELINES' formats, at `ended` of the path."""
        to = ended(path, form)

        def work() -> None:
            try:
                write_cut(cut, to, form)
            except CuelockError as error:
                self.failed.emit(error)
            else:
                self.written.emit(str(to))

        background.begin(work)
