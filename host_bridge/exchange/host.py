"""A timeline file as a host: it is read, and what is placed goes to a file of its own.

The timeline itself is never touched. The file written holds its picture, our tracks and markers,
to be imported beside it; it is read back as the format tells it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from host_bridge.errors import CuelockError
from host_bridge.exchange import format_of, read_cut, write_cut
from host_bridge.exchange.cut import Cut, Lane
from host_bridge.exchange.files import MediaSearch
from host_bridge.exchange.picture import HOST, Look, Picture, picture_of, within
from host_bridge.exchange.stems import shot_of
from host_bridge.projectfile import Told
from host_bridge.timecode import Rate
from host_bridge.timeline import (
    MarkedRange,
    Marker,
    Placement,
    Track,
)

_ALL = Told()


class ExchangeHost:
    """The bridge to a timeline file. form: one of exchange.FORMATS that can be read again.

    to: the file that is written. look: reads a media file's rate and timecode; folders: where
    media is looked for. told: the range that is meant, none for all of the timeline.
    """

    name = HOST

    def __init__(
        self,
        timeline: Path,
        to: Path,
        form: str,
        look: Look,
        *,
        rate: Optional[Rate] = None,
        folders: Sequence[Path] = (),
        told: Told = _ALL,
    ) -> None:
        self._cut = read_cut(timeline, rate)
        self._search = MediaSearch(timeline, folders)
        self._to, self._form, self._look, self._told = to, form, look, told
        format_of(form)

    def picture(self) -> Picture:
        """What is seen within the marks, and what of it is missing."""
        whole = picture_of(self._cut, self._search, self._look)
        told = self._told.frames(whole.marked.exact_rate, whole.marked.first)
        start, stop = told or (whole.marked.start, whole.marked.stop)
        return whole._replace(marked=within(whole.marked, start, stop))

    def marked(self) -> MarkedRange:
        """Raises CuelockError host.marks for an empty range, media.missing for missing media."""
        picture = self.picture()
        if picture.missing:
            raise CuelockError(
                "media.missing", picture.missing[0],
                hint="Name the folder that holds the media with --media.",
            )  # fmt: skip
        if picture.marked.start >= picture.marked.stop:
            raise CuelockError(
                "host.marks", "The timeline shows nothing.", hint="Export the whole timeline."
            )
        return picture.marked

    def tracks(self) -> tuple[Track, ...]:
        """Tracks of the file that was written; none before."""
        return self._written().tracks

    def place(self, plan: tuple[Placement, ...]) -> None:
        cut = self._written()
        lanes = list(cut.sounds)
        for placement in plan:
            if placement.state != "place":
                continue
            if placement.track >= len(lanes):
                lanes.append(Lane(placement.track_name, (), channels=placement.stem.channels))
            lane = lanes[placement.track]
            shots = sorted((*lane.shots, shot_of(placement.stem, cut)), key=lambda s: s.start)
            lanes[placement.track] = lane._replace(shots=tuple(shots))
        write_cut(cut._replace(sounds=tuple(lanes)), self._to, self._form)

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        cut = self._written()
        known = {marker.key for marker in cut.markers}
        added = tuple(marker for marker in markers if marker.key not in known)
        if added:
            write_cut(cut._replace(markers=cut.markers + added), self._to, self._form)

    def _written(self) -> Cut:
        """The timeline's picture with the sounds and markers of the file that was written."""
        mine = self._cut._replace(sounds=(), markers=())
        if not self._to.exists():
            return mine
        there = read_cut(self._to, self._cut.rate).counted_from(mine.first)
        return mine._replace(sounds=there.sounds, markers=there.markers)
