"""Final Cut Pro 7 XML (xmeml), as Premiere Pro and Resolve import and export it.

What the format holds: whole frames of the sequence's rate; sound tracks are mono, a stereo stem
stands on two that are marked as one (exploded), as Premiere Pro writes them. Sound is placed on
the nearest frame and the time reference in the file itself stays the exact truth.
Source: Apple, Final Cut Pro XML Interchange Format, version 5.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Iterator, Optional
from xml.etree import ElementTree as ET

from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, flattened, nearest
from host_bridge.exchange.files import address_of, name_of, unreadable, url_of, whole
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame
from host_bridge.timeline import SAMPLE_RATE, Marker

_KEY = "key="
_TRACK_NAME = "MZ.TrackName"
_EXPLODED, _OF = "currentExplodedTrackIndex", "totalExplodedTrackCount"
_DENOMINATOR = 1000


# --- read


def read(root: ET.Element, path: Path, rate: Optional[Rate]) -> Cut:
    """The first sequence of a document. rate: instead of what it says.

    Transitions are cuts where their alignment says; nested sequences are followed.
    Raises CuelockError request.path, request.rate.
    """
    sequence = root.find(".//sequence")
    if sequence is None or sequence.find("media") is None:
        raise unreadable(path, "it holds no sequence")
    try:
        return _Reader(root).cut(sequence, path, rate)
    except (ValueError, ArithmeticError) as error:
        raise unreadable(path, str(error)) from error


class _Reader:
    """Reads sequences of one document, whose files are told in full only once."""

    def __init__(self, root: ET.Element) -> None:
        self._files = {f.get("id"): f for f in root.iter("file") if len(f)}
        self._sequences = {s.get("id"): s for s in root.iter("sequence") if len(s)}

    def cut(self, sequence: ET.Element, path: Path, rate: Optional[Rate]) -> Cut:
        own = _rate(sequence)
        drop = sequence.findtext("timecode/displayformat") == "DF"
        counted = rate or Rate.of(own, drop=drop)
        return Cut(
            name=sequence.findtext("name") or path.stem,
            rate=counted,
            first=_first(sequence.find("timecode"), counted),
            pictures=tuple(self._lanes(sequence, "video", own)),
            sounds=tuple(self._lanes(sequence, "audio", own)),
            markers=tuple(_marker(one) for one in sequence.findall("marker")),
        )

    def _lanes(self, sequence: ET.Element, kind: str, rate: Fraction) -> Iterator[Lane]:
        for number, track in enumerate(sequence.findall(f"media/{kind}/track"), 1):
            channels = int(track.get(_OF, "1"))
            if int(track.get(_EXPLODED, "0")) > 0 or (kind == "video" and not _enabled(track)):
                continue
            yield Lane(
                name=track.get(_TRACK_NAME, f"{kind[0].upper()}{number}"),
                shots=tuple(self._shots(track, rate)),
                locked=track.findtext("locked", "").upper() == "TRUE",
                channels=channels,
            )

    def _shots(self, track: ET.Element, rate: Fraction) -> Iterator[Shot]:
        items = list(track)
        for place, item in enumerate(items):
            if item.tag != "clipitem" or not _enabled(item):
                continue
            start, stop = (int(item.findtext(tag, "-1")) for tag in ("start", "end"))
            inset = 0
            if start < 0 and place:
                middle, begin = _cut_of(items[place - 1])
                start, inset = middle, middle - begin
            if stop < 0 and place + 1 < len(items):
                stop = _cut_of(items[place + 1])[0]
            if 0 <= start < stop:
                yield from self._item(item, start / rate, stop / rate, inset, rate)

    def _item(
        self, item: ET.Element, start: Fraction, stop: Fraction, inset: int, rate: Fraction
    ) -> Iterator[Shot]:
        """What a clip shows. inset: frames of it that a transition at its head has hidden."""
        own = _rate(item, rate)
        shown_from = int(item.findtext("in", "0")) / own + inset / rate
        speed, reverse = _speed(item)
        name = item.findtext("name", "")
        nest = item.find("sequence")
        if nest is not None:
            inside = self._sequences.get(nest.get("id"), nest)
            lanes = self._lanes(inside, "video", _rate(inside))
            at = shown_from
            for shot in flattened(lanes):
                part = shot.at_speed(None if reverse else speed).moved(-at)
                part = part.within(Fraction(0), stop - start).moved(start)
                if part.start < part.stop:
                    yield part
            return
        told = item.find("file")
        if told is None:
            return
        medium = _medium(self._files.get(told.get("id"), told), own)
        if not medium.address:
            return
        origin = medium.origin or Fraction(0)
        if speed is None or (reverse and medium.length is None):
            yield Shot(medium, start, stop, origin, None, name)
            return
        source = shown_from * speed if speed else shown_from  # a still is told unscaled
        if reverse:
            # Counted from the end: the picture on the screen is the one before that moment.
            source = (medium.length or Fraction(0)) - source - 1 / (medium.rate or own)
        yield Shot(medium, start, stop, origin + source, -speed if reverse else speed, name)


def _cut_of(item: ET.Element) -> tuple[int, int]:
    """The frame at which a transition changes the picture, and at which it begins."""
    if item.tag != "transitionitem":
        return -1, -1
    start, stop = (int(item.findtext(tag, "-1")) for tag in ("start", "end"))
    alignment = item.findtext("alignment", "center")
    if alignment.startswith("start"):
        return start, start
    return (stop if alignment.startswith("end") else (start + stop) // 2), start


def _medium(file: ET.Element, rate: Fraction) -> Medium:
    own = _rate(file, rate)
    length = file.findtext("duration")
    timecode = file.find("timecode")
    origin = None
    if timecode is not None:
        counted = Rate.of(_rate(timecode, own), drop=timecode.findtext("displayformat") == "DF")
        origin = _first(timecode, counted) / counted.exact
    url = file.findtext("pathurl", "")
    channels = int(file.findtext("media/audio/channelcount", "1"))
    return Medium(
        address_of(url) if url else file.findtext("name", ""),
        rate=own if file.find("media/video") is not None else None,
        origin=origin,
        length=int(length) / own if length and int(length) > 0 else None,
        channels=2 if channels == 2 else 1,
    )


def _speed(item: ET.Element) -> tuple[Optional[Fraction], bool]:
    """Speed and whether it runs backwards; None for one that changes."""
    for effect in item.findall("filter/effect"):
        if effect.findtext("effectid") != "timeremap":
            continue
        told = {
            one.findtext("parameterid"): one.findtext("value", "")
            for one in effect.iter("parameter")
        }
        if told.get("variablespeed", "0") not in ("0", "FALSE"):
            return None, False
        speed = Fraction(told.get("speed") or "100").limit_denominator(_DENOMINATOR * 100) / 100
        backwards = told.get("reverse", "FALSE").upper() == "TRUE" or speed < 0
        return abs(speed).limit_denominator(_DENOMINATOR), backwards
    return Fraction(1), False


def _rate(thing: ET.Element, otherwise: Optional[Fraction] = None) -> Fraction:
    base = thing.findtext("rate/timebase")
    if base is None:
        if otherwise is None:
            raise ValueError("the sequence has no rate")
        return otherwise
    ntsc = thing.findtext("rate/ntsc", "FALSE").strip().upper() == "TRUE"
    return int(base) * (Fraction(1000, 1001) if ntsc else Fraction(1))


def _first(timecode: Optional[ET.Element], rate: Rate) -> int:
    if timecode is None:
        return 0
    frame = timecode.findtext("frame")
    label = timecode.findtext("string")
    if frame is not None:
        return int(frame)
    return frame_of_label(label, rate) if label else 0


def _enabled(thing: ET.Element) -> bool:
    return thing.findtext("enabled", "TRUE").strip().upper() != "FALSE"


def _marker(marker: ET.Element) -> Marker:
    name, said = marker.findtext("name", ""), marker.findtext("comment", "")
    key = said[len(_KEY) :] if said.startswith(_KEY) else name
    return Marker(frame=FrameIndex(int(marker.findtext("in", "0"))), name=name, key=key)


# --- written


def write(cut: Cut, path: Path) -> None:
    """One sequence with the cut's picture, its sounds and its markers."""
    writer = _Writer(cut)
    root = ET.Element("xmeml", version="5")
    root.append(writer.sequence())
    ET.indent(root)
    with whole(path) as part:
        text = ET.tostring(root, encoding="unicode")
        part.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{text}\n',
            encoding="utf-8",
        )


class _Writer:
    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._rate = cut.rate.exact
        self._files: dict[Medium, str] = {}
        self._ids = count(1)

    def sequence(self) -> ET.Element:
        cut = self._cut
        sequence = ET.Element("sequence", id="sequence-1")
        _add(sequence, "name", cut.name)
        _add(sequence, "duration", cut.frame(cut.stop))
        _add_rate(sequence, self._rate)
        _add_timecode(sequence, cut.first, cut.rate)
        media = _add(sequence, "media")
        video = _add(media, "video")
        for lane in cut.pictures:
            self._track(video, lane, "video", 1)
        audio = _add(media, "audio")
        form = _add(_add(audio, "format"), "samplecharacteristics")
        _add(form, "depth", 24)
        _add(form, "samplerate", SAMPLE_RATE)
        for lane in cut.sounds:
            for channel in range(1, lane.channels + 1):
                self._track(audio, lane, "audio", channel)
        for marker in cut.markers:
            told = _add(sequence, "marker")
            _add(told, "comment", f"{_KEY}{marker.key}")
            _add(told, "name", marker.name)
            _add(told, "in", marker.frame)
            _add(told, "out", -1)
        return sequence

    def _track(self, media: ET.Element, lane: Lane, kind: str, channel: int) -> None:
        track = _add(media, "track")
        track.set(_TRACK_NAME, lane.name)
        if kind == "audio":
            track.set(_EXPLODED, str(channel - 1))
            track.set(_OF, str(lane.channels))
        for shot in lane.shots:
            self._clip(track, shot, kind, channel)
        _add(track, "enabled", "TRUE")
        _add(track, "locked", "TRUE" if lane.locked else "FALSE")

    def _clip(self, track: ET.Element, shot: Shot, kind: str, channel: int) -> None:
        start, stop = self._cut.frame(shot.start), self._cut.frame(shot.stop)
        if start == stop:
            return  # shorter than half a frame
        medium, speed = shot.medium, Fraction(1) if shot.speed is None else shot.speed
        own = medium.rate or self._rate
        source = shot.source - (medium.origin or Fraction(0))
        if speed < 0:
            source = (medium.length or Fraction(0)) - source - 1 / own
        shown_from = nearest(source / abs(speed) * own if speed else source * own)
        clip = _add(track, "clipitem")
        clip.set("id", f"clipitem-{next(self._ids)}")
        _add(clip, "name", shot.name or name_of(medium.address))
        if medium.length is not None:
            _add(clip, "duration", nearest(medium.length * own / (abs(speed) or 1)))
        _add_rate(clip, own)
        _add(clip, "start", start)
        _add(clip, "end", stop)
        _add(clip, "in", shown_from)
        _add(clip, "out", shown_from + nearest((stop - start) / self._rate * own))
        _add(clip, "enabled", "TRUE")
        self._file(clip, medium, kind)
        told = _add(clip, "sourcetrack")
        _add(told, "mediatype", kind)
        _add(told, "trackindex", channel)
        if speed != 1:
            _add_speed(clip, speed)

    def _file(self, clip: ET.Element, medium: Medium, kind: str) -> None:
        known = medium in self._files
        identity = self._files.setdefault(medium, f"file-{len(self._files) + 1}")
        file = _add(clip, "file")
        file.set("id", identity)
        if known:
            return
        rate = medium.rate or self._rate
        _add(file, "name", name_of(medium.address))
        _add(file, "pathurl", url_of(medium.address))
        _add_rate(file, rate)
        if medium.length is not None:
            _add(file, "duration", nearest(medium.length * rate))
        if medium.origin is not None:
            counted = self._cut.rate if rate == self._rate else Rate.of(rate)
            _add_timecode(file, nearest(medium.origin * rate), counted)
        told = _add(_add(file, "media"), kind)
        if kind == "audio":
            _add(told, "channelcount", medium.channels)


def _add(parent: ET.Element, tag: str, text: object = None) -> ET.Element:
    made = ET.SubElement(parent, tag)
    if text is not None:
        made.text = str(text)
    return made


def _add_rate(parent: ET.Element, rate: Fraction) -> None:
    told = _add(parent, "rate")
    _add(told, "timebase", -(-rate.numerator // rate.denominator))
    _add(told, "ntsc", "TRUE" if rate.denominator == 1001 else "FALSE")


def _add_timecode(parent: ET.Element, frame: int, rate: Rate) -> None:
    told = _add(parent, "timecode")
    _add_rate(told, rate.exact)
    _add(told, "string", label_of_frame(frame, rate))
    _add(told, "frame", frame)
    _add(told, "displayformat", "DF" if rate.drop else "NDF")


def _add_speed(clip: ET.Element, speed: Fraction) -> None:
    effect = _add(_add(clip, "filter"), "effect")
    for tag, text in (
        ("name", "Time Remap"), ("effectid", "timeremap"), ("effectcategory", "motion"),
        ("effecttype", "motion"), ("mediatype", "video"),
    ):  # fmt: skip
        _add(effect, tag, text)
    for name, value in (
        ("variablespeed", "0"),
        ("speed", f"{float(abs(speed) * 100):.9g}"),
        ("reverse", "TRUE" if speed < 0 else "FALSE"),
        ("frameblending", "FALSE"),
    ):
        parameter = _add(effect, "parameter")
        _add(parameter, "parameterid", name)
        _add(parameter, "name", name)
        _add(parameter, "value", value)
