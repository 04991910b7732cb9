"""The timeline that is open in Resolve, as a Host. Every change of origin is made here."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, Mapping, Sequence

from msgspec.structs import replace

from host_bridge.client import Progress
from host_bridge.errand import stems_folder
from host_bridge.errors import CuelockError
from host_bridge.placing import OURS, take_of
from host_bridge.resolve.api import (
    ClipInfo,
    Folder,
    Frames,
    MediaPool,
    MediaPoolItem,
    Project,
    Resolve,
    Timeline,
    TimelineItem,
)
from host_bridge.resolve.picture import file_under, pieces_under
from host_bridge.resolve.rendered import rendered
from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    SampleIndex,
    frame_of_sample,
    sample_of_frame,
)
from host_bridge.timeline import (
    SAMPLE_RATE,
    MarkedRange,
    Marker,
    Piece,
    PlacedClip,
    Placement,
    Stem,
    Track,
)

_SINCE = (19, 1)  # GetMarkInOut
_CHANNELS: Mapping[str, int] = MappingProxyType(
    {"mono": 1, "stereo": 2, "lrc": 3, "lcr": 3, "lcrs": 4, "quad": 4, "5.0": 5, "5.1": 6, "7.1": 8}
)
_SUBTYPES: Mapping[int, str] = MappingProxyType({1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"})
_AUDIO_ONLY = 2
_NEVER_SAVED = "Untitled Project"


class ResolveHost:
    """The current timeline of the current project."""

    name = "resolve"

    def __init__(self, resolve: Resolve) -> None:
        version = tuple(int(part) for part in list(resolve.GetVersion())[:2])
        # Whether a function is there cannot be asked of the object: the version tells.
        if version < _SINCE:
            raise CuelockError(
                "host.missing",
                "This DaVinci Resolve is too old to tell its in and out marks.",
                hint="From 19.1 on it does.",
            )
        self._resolve = resolve

    def marked(self) -> MarkedRange:
        marks = self.marks()
        pieces = pieces_under(self._timeline(), _frames(marks), marks.exact_rate)
        return replace(marks, pieces=pieces)

    def rendered(self, marks: MarkedRange, progress: Progress) -> MarkedRange:
        """The marks with one movie under them that Resolve renders, among the stems.

        Raises CuelockError host.refused, cancelled.user, disk.readonly; then all is as it was.
        """
        timeline, frames = self._timeline(), _frames(marks)
        beside = Path(file_under(timeline, frames)).parent / OURS
        stems = beside if beside.is_absolute() else stems_folder(marks)
        movie = rendered(self._resolve, self._project(), timeline, frames, stems, progress)
        piece = Piece(
            start=marks.start,
            stop=marks.stop,
            path=str(movie),
            media_start=FrameIndex(0),
            media_rate=str(marks.exact_rate.exact),
        )
        return replace(marks, pieces=(piece,))

    def marks(self) -> MarkedRange:
        """The marked range without its picture. Raises CuelockError host.marks."""
        timeline = self._timeline()
        rate = _rate(timeline)
        marks = timeline.GetMarkInOut() or {}
        for kind in ("video", "audio"):
            mark = (marks.get(kind) or {}) if isinstance(marks, dict) else {}
            if "in" in mark and "out" in mark:
                # Marks count from the timeline's start; the frame of the out mark is meant too.
                wanted = FrameRange(FrameIndex(int(mark["in"])), FrameIndex(int(mark["out"]) + 1))
                return MarkedRange(
                    host=self.name,
                    timeline=timeline.GetName(),
                    rate=str(rate),
                    first=FrameIndex(timeline.GetStartFrame()),
                    start=wanted.start,
                    stop=wanted.stop,
                    pieces=(),
                )
        raise CuelockError(
            "host.marks",
            "No range is marked on the timeline.",
            hint="Set an in point (I) and an out point (O).",
        )

    def tracks(self) -> tuple[Track, ...]:
        timeline = self._timeline()
        rate, first = _rate(timeline), timeline.GetStartFrame()
        return tuple(
            Track(
                name=timeline.GetTrackName("audio", n),
                channels=_CHANNELS.get(timeline.GetTrackSubType("audio", n), 0),
                locked=timeline.GetIsTrackLocked("audio", n),
                clips=tuple(
                    _placed(item, rate, first)
                    for item in timeline.GetItemListInTrack("audio", n) or ()
                ),
            )
            for n in range(1, timeline.GetTrackCount("audio") + 1)
        )

    def place(self, plan: tuple[Placement, ...]) -> None:
        timeline, project = self._timeline(), self._project()
        rate = _rate(timeline)
        wanted = [one for one in plan if one.state == "place"]
        frames = [_frame_of(one.stem, rate) for one in wanted]
        media = _imported(project.GetMediaPool(), [one.stem.path for one in wanted])
        before = timeline.GetTrackCount("audio")
        try:
            for one in wanted:
                if one.track + 1 > timeline.GetTrackCount("audio"):
                    _add_track(timeline, one)
            project.GetMediaPool().AppendToTimeline(
                [
                    ClipInfo(
                        mediaPoolItem=item,
                        startFrame=0,
                        endFrame=_frames_of(item, one.stem, rate),
                        mediaType=_AUDIO_ONLY,
                        trackIndex=one.track + 1,
                        recordFrame=timeline.GetStartFrame() + frame,
                    )
                    for one, item, frame in zip(wanted, media, frames)
                ]
            )
            # What was not really taken vanishes when the project is saved: only then is it read.
            if project.GetName() != _NEVER_SAVED:
                self._resolve.GetProjectManager().SaveProject()
        finally:
            for n in range(timeline.GetTrackCount("audio"), before, -1):
                if not timeline.GetItemListInTrack("audio", n):
                    timeline.DeleteTrack("audio", n)

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        """A marker of the user's at the same frame stays as it is: Resolve has one a frame."""
        timeline = self._timeline()
        for marker in markers:
            if not timeline.GetMarkerByCustomData(marker.key):
                timeline.AddMarker(marker.frame, "Cyan", marker.name, OURS, 1, marker.key)

    def words(self, marked: MarkedRange) -> tuple[str, ...]:
        """Notes of the markers named "cuelock" within the marks: what the artist wants to hear.

        The free edition has no window to ask in.
        """
        return tuple(
            str(marker["note"]).strip()
            for frame, marker in sorted(_by_frame(self._timeline().GetMarkers()).items())
            if marked.start <= frame < marked.stop
            and str(marker["name"]).strip().lower() == OURS
            and str(marker["note"]).strip()
        )

    def _project(self) -> Project:
        project = self._resolve.GetProjectManager().GetCurrentProject()
        if project is None:
            raise _nothing_open()
        return project

    def _timeline(self) -> Timeline:
        timeline = self._project().GetCurrentTimeline()
        if timeline is None:
            raise _nothing_open()
        return timeline


def _frames(marks: MarkedRange) -> FrameRange:
    return FrameRange(marks.start, marks.stop)


def _by_frame(markers: Any) -> dict[int, dict[str, Any]]:
    """Markers by their frame; through Lua, those on frames 1, 2, 3 come as a list."""
    if isinstance(markers, dict):
        return {int(float(frame)): marker for frame, marker in markers.items()}
    return dict(enumerate(markers or (), 1))


def _rate(timeline: Timeline) -> Rate:
    """Of "29.97 DF", "24.0" or a number, by the version. Raises CuelockError request.rate."""
    return Rate.parse(str(timeline.GetSetting("timelineFrameRate")))


def _placed(item: TimelineItem, rate: Rate, first: int) -> PlacedClip:
    media = item.GetMediaPoolItem()
    path = str(media.GetClipProperty("File Path") or "") if media is not None else ""
    return PlacedClip(
        start=_sample(item.GetStart(True), rate, first),
        stop=_sample(item.GetEnd(True), rate, first),
        name=item.GetName(),
        path=path,
        take=take_of(path),
    )


def _sample(frame: Frames, rate: Rate, first: int) -> SampleIndex:
    """Sample of a place that may lie between frames, counted from midnight."""
    samples = (Fraction(frame) - first) * SAMPLE_RATE / rate.exact
    return SampleIndex(math.floor(samples + Fraction(1, 2)))


def _frame_of(stem: Stem, rate: Rate) -> FrameIndex:
    frame = frame_of_sample(stem.start, rate, SAMPLE_RATE)
    if sample_of_frame(frame, rate, SAMPLE_RATE) != stem.start:
        raise CuelockError(
            "host.refused",
            f"The stem {stem.layer} does not begin on a frame of this timeline.",
            hint="Render it anew for this timeline's frame rate.",
        )
    return frame


def _frames_of(media: MediaPoolItem, stem: Stem, rate: Rate) -> int:
    """How many frames of a sound to ask for, in its own rate: the project's when it was imported.

    Where that is another one, durations are rounded down on the timeline: one more is asked for.
    """
    own = Rate.parse(str(media.GetClipProperty("FPS"))).exact
    frames = Fraction(stem.samples) * own / SAMPLE_RATE
    return round(frames) if own == rate.exact else math.floor(frames) + 1


def _imported(pool: MediaPool, paths: Sequence[str]) -> list[MediaPoolItem]:
    """Each file's item in our bin; the user's current bin stays the current one."""
    bin_ = _our_bin(pool)
    known = {_file_name(item): item for item in bin_.GetClipList() or ()}
    new = [path for path in dict.fromkeys(paths) if PurePath(path).name not in known]
    if new:
        current = pool.GetCurrentFolder()
        pool.SetCurrentFolder(bin_)
        try:
            items = pool.ImportMedia(new) or ()
        finally:
            pool.SetCurrentFolder(current)
        known.update({_file_name(item): item for item in items})
    missing = [path for path in paths if PurePath(path).name not in known]
    if missing:
        raise CuelockError(
            "host.refused",
            f"Resolve did not import {missing[0]}.",
            hint="Import the file by hand once: Resolve then says what is wrong with it.",
        )
    return [known[PurePath(path).name] for path in paths]


def _our_bin(pool: MediaPool) -> Folder:
    root = pool.GetRootFolder()
    for folder in root.GetSubFolderList() or ():
        if folder.GetName() == OURS:
            return folder
    current = pool.GetCurrentFolder()
    folder = pool.AddSubFolder(root, OURS)
    pool.SetCurrentFolder(current)
    if folder is None:
        raise CuelockError(
            "host.refused",
            "Resolve did not add a bin for the stems.",
            hint="Close any dialog in Resolve; a project that is read-only takes none.",
        )
    return folder


def _file_name(item: MediaPoolItem) -> str:
    return PurePath(str(item.GetClipProperty("File Path")).replace("\\", "/")).name


def _add_track(timeline: Timeline, one: Placement) -> None:
    """A track of the stem's kind: what a clip's channels are cannot be changed by a script."""
    subtype = _SUBTYPES.get(one.stem.channels, "")
    added = bool(subtype) and timeline.AddTrack("audio", subtype)
    count = timeline.GetTrackCount("audio")
    if not added or count != one.track + 1 or timeline.GetTrackSubType("audio", count) != subtype:
        raise CuelockError(
            "host.refused",
            f"Resolve did not add a track for {one.stem.channels} channels.",
            hint="Close any dialog in Resolve, or add the track by hand.",
        )
    timeline.SetTrackName("audio", count, one.track_name)


def _nothing_open() -> CuelockError:
    return CuelockError(
        "host.timeline", "No timeline is open in Resolve.", hint="Open one on the Edit page."
    )
