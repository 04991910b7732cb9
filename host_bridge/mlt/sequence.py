"""The main sequence of an MLT document: audio tracks, marks and markers, as applications keep them.

Shotcut, melt   tracks are playlists; markers lie in the tractor
Kdenlive        a track is a tractor of two playlists; zone and guides lie in the bin, since
                23.04 in the sequence's own tractor; every clip is in the bin as well
"""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple, Optional
from xml.etree.ElementTree import Element, SubElement

from host_bridge.errors import CuelockError
from host_bridge.mlt.document import Document, made, no_timeline, set_text, text_of
from host_bridge.placing import OURS
from host_bridge.timecode import FrameIndex, FrameRange
from host_bridge.timeline import Marker

_MIX = {"mlt_service": "mix", "always_active": "1", "accepts_blanks": "1", "sum": "1"}
_GUIDES = "guides"


class AudioTrack(NamedTuple):
    """An audio track and the playlists whose clips are on it; a new clip goes to the first."""

    name: str
    locked: bool
    playlists: tuple[Element, ...]


class Sequence:
    """Shotcut's or melt's main tractor."""

    def __init__(self, document: Document, tractor: Element) -> None:
        self.document, self.tractor = document, tractor

    @property
    def name(self) -> str:
        return self.document.root.get("title") or self.tractor.get("id", "")

    def tracks(self) -> tuple[AudioTrack, ...]:
        found: list[AudioTrack] = []
        for track in self.tractor.findall("track"):
            playlist = self.document.service(track.get("producer"))
            if track.get("hide") == "video" and not text_of(playlist, "shotcut:video"):
                name = text_of(playlist, "shotcut:name") or playlist.get("id", "")
                locked = text_of(playlist, "shotcut:lock") == "1"
                found.append(AudioTrack(name, locked, (playlist,)))
        return tuple(found)

    def add_track(self, name: str) -> AudioTrack:
        """Put an audio track on top of all others, so that none of them gets another number."""
        number = {"shotcut:audio": "1", "shotcut:name": name}
        playlist = made("playlist", number, id=self.document.free_id("playlist"))
        self._stack(playlist)
        return AudioTrack(name, False, (playlist,))

    def add_clip(self, track: AudioTrack, media: Element, start: int, frames: int) -> None:
        """Put a medium that is not in the document yet on a track. Raises host.refused."""
        self.document.add(media, self._first_list())
        self._put(track, media, start, frames)

    def marked(self) -> Optional[FrameRange]:
        """The longest marker that has a length; its end is the first frame behind it."""
        ranges = [
            FrameRange(self.document.frames(start), self.document.frames(end))
            for marker in self._markers()
            if (start := text_of(marker, "start")) and (end := text_of(marker, "end"))
        ]
        longest = max(ranges, key=lambda one: one.frames, default=None)
        return longest if longest and longest.frames else None

    def add_markers(self, markers: tuple[Marker, ...]) -> None:
        if not self._is_shotcuts:
            raise CuelockError(
                "host.refused",
                "A plain MLT file has no markers.",
                hint="Write them to a list with `cuelock spot --to FILE`.",
            )
        there = {
            self.document.frames(text_of(one, "start"))
            for one in self._markers()
            if text_of(one, "text").startswith(OURS)
        }
        holder = self.tractor.find("properties[@name='shotcut:markers']")
        if holder is None:
            holder = Element("properties", name="shotcut:markers")
            self.tractor.insert(len(self.tractor.findall("property")), holder)
        for number, marker in enumerate(markers, len(holder)):
            if marker.frame in there:
                continue
            frame = str(marker.frame)
            text = {"text": f"{OURS} {marker.name}", "start": frame, "end": frame}
            holder.append(made("properties", text, name=str(number)))

    @property
    def _is_shotcuts(self) -> bool:
        return text_of(self.tractor, "shotcut") == "1"

    def _markers(self) -> list[Element]:
        return self.tractor.findall("properties[@name='shotcut:markers']/properties")

    def _stack(self, service: Element) -> None:
        """Put a service on top of the tractor, and let it be heard with the others."""
        document, tracks = self.document, self.tractor.findall("track")
        document.add(service, list(document.root).index(self.tractor))
        last = list(self.tractor).index(tracks[-1]) if tracks else -1
        track = Element("track", producer=service.get("id", ""), hide="video")
        self.tractor.insert(last + 1, track)
        # Without a mix a tractor lets only one of its tracks be heard.
        mix = made("transition", {"a_track": "0", "b_track": str(len(tracks)), **_MIX})
        self.tractor.append(mix)

    def _put(self, track: AudioTrack, media: Element, start: int, frames: int) -> Element:
        entry = Element("entry", producer=media.get("id", ""))
        entry.set("in", "0")
        entry.set("out", str(frames - 1))
        self.document.put(track.playlists[0], entry, start, frames)
        return entry

    def _first_list(self) -> int:
        """Where a medium is defined: before all that may refer to it."""
        tags = ("playlist", "tractor", "producer", "chain")
        return next(n for n, one in enumerate(self.document.root) if one.tag in tags)


class KdenliveSequence(Sequence):
    """The sequence that is open in Kdenlive."""

    def __init__(self, document: Document, tractor: Element, main_bin: Element) -> None:
        super().__init__(document, tractor)
        self._bin = main_bin

    @property
    def name(self) -> str:
        return text_of(self.tractor, "kdenlive:clipname") or super().name

    def tracks(self) -> tuple[AudioTrack, ...]:
        """The audio tracks from A1 on, which is the highest of them."""
        found: list[AudioTrack] = []
        for track in reversed(self.tractor.findall("track")):
            tractor = self.document.service(track.get("producer"))
            if tractor.tag != "tractor" or not text_of(tractor, "kdenlive:audio_track"):
                continue
            lists = [self.document.service(one.get("producer")) for one in tractor.findall("track")]
            name = text_of(tractor, "kdenlive:track_name") or f"A{len(found) + 1}"
            locked = text_of(tractor, "kdenlive:locked_track") == "1"
            found.append(AudioTrack(name, locked, tuple(lists)))
        return tuple(found)

    def add_track(self, name: str) -> AudioTrack:
        document, at = self.document, list(self.document.root).index(self.tractor)
        lists: list[Element] = []
        for number in range(2):
            playlist = made(
                "playlist", {"kdenlive:audio_track": "1"}, id=document.free_id("playlist")
            )
            document.add(playlist, at + number)
            lists.append(playlist)
        marks = {"kdenlive:audio_track": "1", "kdenlive:track_name": name}
        tractor = made("tractor", marks, id=document.free_id("tractor"))
        for playlist in lists:
            SubElement(tractor, "track", hide="video", producer=playlist.get("id", ""))
        self._stack(tractor)
        return AudioTrack(name, False, tuple(lists))

    def add_clip(self, track: AudioTrack, media: Element, start: int, frames: int) -> None:
        number = str(1 + max(map(int, self._numbers()), default=1))
        for name, text in (("id", number), ("clip_type", "1"), ("folderid", "-1")):
            set_text(media, f"kdenlive:{name}", text)
        self.document.add(media, self._first_list())
        entry = self._put(track, media, start, frames)
        SubElement(entry, "property", name="kdenlive:id").text = number
        listed = copy.copy(entry)
        listed[:] = []
        self._bin.append(listed)

    def marked(self) -> Optional[FrameRange]:
        """The timeline's zone; zoneout is the first frame behind it."""
        for place, prefix in self._places():
            first, stop = (text_of(place, f"{prefix}zone{end}") for end in ("in", "out"))
            if stop:
                zone = FrameRange(FrameIndex(int(first or 0)), FrameIndex(int(stop)))
                return zone if zone.frames > 0 else None
        return None

    def add_markers(self, markers: tuple[Marker, ...]) -> None:
        places = list(self._places())
        place, prefix = next(
            (one for one in places if text_of(one[0], one[1] + _GUIDES)), places[0]
        )
        guides: list[dict[str, Any]] = json.loads(text_of(place, prefix + _GUIDES).strip() or "[]")
        there = {one["pos"] for one in guides if str(one.get("comment", "")).startswith(OURS)}
        guides += [
            {"comment": f"{OURS} {marker.name}", "pos": marker.frame, "type": 0}
            for marker in markers
            if marker.frame not in there
        ]
        set_text(place, prefix + _GUIDES, json.dumps(guides, ensure_ascii=False))

    def _places(self) -> tuple[tuple[Element, str], ...]:
        """Where zone and guides lie, the newer place first."""
        own = (self.tractor, "kdenlive:sequenceproperties.")
        old = (self._bin, "kdenlive:docproperties.")
        return (own, old) if text_of(self.tractor, "kdenlive:uuid") else (old,)

    def _numbers(self) -> list[str]:
        texts = (
            one.text or ""
            for one in self.document.root.iterfind(".//property[@name='kdenlive:id']")
        )
        return [text for text in texts if text.isdigit()]


def sequence_of(document: Document) -> Sequence:
    """The open sequence, or the document's last tractor. Raises CuelockError host.timeline."""
    tractors = document.root.findall("tractor")
    if not tractors:
        raise no_timeline("it has no timeline")
    main_bin = document.root.find("playlist[@id='main_bin']")
    if main_bin is not None and text_of(main_bin, "kdenlive:docproperties.version"):
        open_one = text_of(main_bin, "kdenlive:docproperties.activetimeline")
        tractor = document.service(open_one) if open_one else tractors[-1]
        return KdenliveSequence(document, tractor, main_bin)
    shotcuts = [one for one in tractors if text_of(one, "shotcut") == "1"]
    return Sequence(document, (shotcuts or tractors)[-1])
