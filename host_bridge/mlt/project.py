"""A saved MLT project as a host: shown from its file, placed by patching it."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from host_bridge.errors import CuelockError
from host_bridge.mlt.document import Document, made, text_of
from host_bridge.mlt.picture import absolute, pieces
from host_bridge.mlt.sequence import AudioTrack, Sequence, sequence_of
from host_bridge.placing import take_of
from host_bridge.projectfile import Told, read, write
from host_bridge.timecode import FrameIndex, nearest_frame, sample_of_frame
from host_bridge.timeline import (
    SAMPLE_RATE,
    MarkedRange,
    Marker,
    PlacedClip,
    Placement,
    Stem,
    Track,
)

_TAKE = "cuelock:take"


class MltProject:
    """A project of Kdenlive, Shotcut or melt that is saved and closed.

    told: what the file does not say. One step of undo is the file as it was, kept beside it.
    """

    name = "mlt"

    def __init__(self, path: Path, told: Told) -> None:
        self._path, self._told = path, told

    def marked(self) -> MarkedRange:
        sequence = self._sequence()
        document = sequence.document
        rate = self._told.rate(document.rate)
        first = self._told.first(rate, own=FrameIndex(0))
        wanted = self._told.frames(rate, first) or sequence.marked()
        if wanted is None:
            raise CuelockError(
                "host.marks",
                f"No range is marked in {self._path.name}.",
                hint="Set the timeline's zone (Kdenlive) or a marker with a length (Shotcut), "
                "save, or name a range with --in and --out.",
            )
        return MarkedRange(
            host=self.name,
            timeline=sequence.name,
            rate=str(rate),
            first=first,
            start=wanted.start,
            stop=wanted.stop,
            pieces=pieces(document, sequence.tractor, wanted.start, wanted.stop),
        )

    def tracks(self) -> tuple[Track, ...]:
        sequence = self._sequence()
        return tuple(_shown(sequence.document, track) for track in sequence.tracks())

    def place(self, plan: tuple[Placement, ...]) -> None:
        sequence = self._sequence()
        tracks = list(sequence.tracks())
        for placement in plan:
            if placement.state != "place":
                continue
            if placement.track == len(tracks):
                tracks.append(sequence.add_track(placement.track_name))
            stem, rate = placement.stem, sequence.document.rate
            frames = nearest_frame(stem.samples, rate, SAMPLE_RATE)
            sequence.add_clip(
                tracks[placement.track],
                _media(sequence, stem, frames),
                nearest_frame(stem.start, rate, SAMPLE_RATE),
                frames,
            )
        write(self._path, sequence.document.root)

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        sequence = self._sequence()
        sequence.add_markers(markers)
        write(self._path, sequence.document.root)

    def _sequence(self) -> Sequence:
        return sequence_of(Document(read(self._path)))


def _shown(document: Document, track: AudioTrack) -> Track:
    clips = [
        _clip(document, item.start, item.stop, item.service)
        for playlist in track.playlists
        for item in document.items(playlist)
        if item.service is not None
    ]
    clips.sort(key=lambda clip: clip.start)
    return Track(name=track.name, channels=None, locked=track.locked, clips=tuple(clips))


def _clip(document: Document, start: int, stop: int, media: Element) -> PlacedClip:
    path = text_of(media, "resource")
    name = text_of(media, "kdenlive:clipname") or text_of(media, "shotcut:caption")
    return PlacedClip(
        start=sample_of_frame(start, document.rate, SAMPLE_RATE),
        stop=sample_of_frame(stop, document.rate, SAMPLE_RATE),
        name=name or Path(path).name,
        path=absolute(document, path),
        take=text_of(media, _TAKE) or take_of(path),
    )


def _media(sequence: Sequence, stem: Stem, frames: int) -> Element:
    """A producer for a stem, as all three applications read it."""
    properties = {
        "length": str(frames),
        "eof": "pause",
        "resource": stem.path,
        "mlt_service": "avformat",
        "seekable": "1",
        "audio_index": "0",
        "video_index": "-1",
        "kdenlive:clipname": stem.layer,
        "shotcut:caption": stem.layer,
        _TAKE: stem.take,
    }
    media = made("producer", properties, id=sequence.document.free_id("cuelock"))
    media.set("in", "0")
    media.set("out", str(frames - 1))
    return media
