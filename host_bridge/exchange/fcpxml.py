"""FCPXML (Final Cut Pro X): rational times to the sample, read and written.

The picture is the primary storyline; sounds hang on its clips, each track of ours a lane below it
and a role of its own. A retimed clip has a time map; a storyline's time is that of its owner.
Source: Apple, FCPXML reference, version 1.9.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Iterator, NamedTuple, Optional
from xml.etree import ElementTree as ET

from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, flattened, rows
from host_bridge.exchange.files import address_of, name_of, unreadable, url_of, whole
from host_bridge.timecode import FrameIndex, Rate
from host_bridge.timeline import SAMPLE_RATE, Marker

_VERSION = "1.9"
_KEY = "key="
_ZERO = Fraction(0)
#: Elements that stand in time and hold others that do.
_STORIES = ("spine", "sequence", "mc-angle")
_NESTS = ("ref-clip", "mc-clip")
_CLIPS = ("asset-clip", "video", "audio", "clip", "sync-clip", *_NESTS)


# --- read


class _Found(NamedTuple):
    """A shot and where it lies: lanes above the storyline are positive, sounds have a role."""

    lane: int
    shot: Shot
    sound: bool
    role: str


def read(root: ET.Element, path: Path, rate: Optional[Rate]) -> Cut:
    """The first project of a document. rate: instead of what it says.

    Raises CuelockError request.path, request.rate.
    """
    sequence = root.find(".//project/sequence")
    if sequence is None:
        sequence = root.find(".//sequence")
    if sequence is None or sequence.find("spine") is None:
        raise unreadable(path, "it holds no project")
    try:
        return _Reader(root).cut(sequence, path, rate)
    except (ValueError, ArithmeticError, KeyError) as error:
        raise unreadable(path, f"{type(error).__name__} {error}") from error


class _Reader:
    def __init__(self, root: ET.Element) -> None:
        self._resources = {r.get("id"): r for r in root.iterfind("resources/*")}
        self._names = {id(s): p.get("name", "") for p in root.iter("project") for s in p}

    def cut(self, sequence: ET.Element, path: Path, rate: Optional[Rate]) -> Cut:
        own = self._format(sequence)
        if rate is None and own is None:
            raise ValueError("the sequence has no frame duration")
        counted = rate or Rate.of(own or _ZERO, drop=sequence.get("tcFormat") == "DF")
        first = _time(sequence.get("tcStart"))
        found = list(self._story(_spine(sequence), first))
        found = [one._replace(shot=one.shot.moved(-first)) for one in found]
        return Cut(
            name=self._names.get(id(sequence)) or path.stem,
            rate=counted,
            first=round(first * counted.exact),
            pictures=_lanes([one for one in found if not one.sound], "V"),
            sounds=_lanes([one for one in found if one.sound], "A"),
            markers=tuple(self._markers(_spine(sequence), first, counted)),
        )

    def _story(self, story: ET.Element, begin: Fraction) -> Iterator[_Found]:
        """What lies in a storyline whose own time is the timeline's."""
        at = begin
        for child in story:
            if child.tag == "transition" or _length(child) is None:
                continue
            offset = _time(child.get("offset")) if child.get("offset") else at
            yield from self._item(child, offset)
            at = offset + (_length(child) or _ZERO)

    def _item(self, item: ET.Element, at: Fraction, lane: int = 0) -> Iterator[_Found]:
        """An element and what hangs on it, both in the time of the storyline it lies in."""
        length = _length(item) or _ZERO
        start = _time(item.get("start")) if item.get("start") else self._own_start(item)
        if item.get("enabled", "1") != "0":
            for shot, sound in self._shown(item, start):
                part = shot.moved(at - start).within(at, at + length)
                if part.start < part.stop:
                    yield _Found(lane, part, sound, item.get("audioRole", item.get("role", "")))
        for child in item:
            hung = int(child.get("lane", "0"))
            if not hung:
                continue
            offset = at + _time(child.get("offset")) - start
            if child.tag == "spine":
                for one in self._story(child, _ZERO):
                    yield one._replace(lane=lane + hung, shot=one.shot.moved(offset))
            else:
                yield from self._item(child, offset, lane + hung)

    def _shown(self, item: ET.Element, start: Fraction) -> Iterator[tuple[Shot, bool]]:
        """What an element shows of itself, in its own time, before it is trimmed."""
        if item.tag not in _CLIPS:
            return
        speed, zero, value = _time_map(item, start)
        if item.tag in ("asset-clip", "video", "audio"):
            yield from self._of_asset(item, start, speed, value)
            return
        for one in self._inside(item):
            if one.sound:
                continue
            shot = one.shot.moved(-value).at_speed(speed).moved(zero)
            yield shot, False

    def _of_asset(
        self, item: ET.Element, start: Fraction, speed: Optional[Fraction], value: Fraction
    ) -> Iterator[tuple[Shot, bool]]:
        asset = self._resources.get(item.get("ref"))
        if asset is None or asset.tag != "asset":
            return  # a generator
        sound = item.tag == "audio" or asset.get("hasVideo") != "1"
        medium = self._medium(asset)
        stop = start + (_length(item) or _ZERO)
        yield Shot(medium, start, stop, value, speed, item.get("name", "")), sound

    def _inside(self, item: ET.Element) -> Iterator[_Found]:
        """What lies within a nest, a synchronised clip or a clip of parts, in its inner time."""
        if item.tag == "ref-clip":
            inside = self._resources[item.get("ref")].find("sequence")
            story = _spine(inside) if inside is not None else item
            first = _time(inside.get("tcStart")) if inside is not None else _ZERO
        elif item.tag == "mc-clip":
            wanted = {s.get("angleID") for s in item.iterfind("mc-source")
                      if s.get("srcEnable", "all") in ("all", "video")}  # fmt: skip
            angles = self._resources[item.get("ref")].iterfind("multicam/mc-angle")
            story = next(angle for angle in angles if not wanted or angle.get("angleID") in wanted)
            first = _ZERO
        else:
            story, first = item, _ZERO
        found = list(self._parts(story, first))
        for shot in flattened(_lanes([one for one in found if not one.sound], "V")):
            yield _Found(0, shot, False, "")

    def _parts(self, story: ET.Element, first: Fraction) -> Iterator[_Found]:
        if story.tag in _STORIES:
            yield from self._story(story, first)
            return
        for child in story:
            if child.tag == "spine" and not child.get("lane"):
                yield from self._story(child, first)
            elif child.tag in _CLIPS and not child.get("lane"):
                yield from self._item(child, _time(child.get("offset")))

    def _own_start(self, item: ET.Element) -> Fraction:
        """Where an element begins that does not say where: at its medium's own start."""
        resource = self._resources.get(item.get("ref"))
        if resource is not None and resource.tag == "asset":
            return _time(resource.get("start"))
        inside = resource.find("sequence") if resource is not None else None
        return _time(inside.get("tcStart")) if inside is not None else _ZERO

    def _medium(self, asset: ET.Element) -> Medium:
        told = asset.find("media-rep")  # since version 1.9
        url = asset.get("src", "") if told is None else told.get("src", "")
        return Medium(
            address_of(url) or asset.get("name", ""),
            rate=self._format(asset),
            origin=_time(asset.get("start")),
            length=_time(asset.get("duration")) or None,
            channels=2 if asset.get("audioChannels") == "2" else 1,
        )

    def _format(self, thing: ET.Element) -> Optional[Fraction]:
        form = self._resources.get(thing.get("format"))
        lasts = _time(form.get("frameDuration")) if form is not None else _ZERO
        return 1 / lasts if lasts else None

    def _markers(self, story: ET.Element, first: Fraction, rate: Rate) -> Iterator[Marker]:
        """Markers of the clips of the storyline."""
        for item in story:
            start = _time(item.get("start")) if item.get("start") else self._own_start(item)
            for marker in item.iterfind("marker"):
                at = _time(item.get("offset")) - first + _time(marker.get("start")) - start
                note, name = marker.get("note", ""), marker.get("value", "")
                key = note[len(_KEY) :] if note.startswith(_KEY) else name
                yield Marker(frame=FrameIndex(round(at * rate.exact)), name=name, key=key)


def _lanes(found: list[_Found], letter: str) -> tuple[Lane, ...]:
    """Tracks from shots: by lane, and within one by whatever would lie over each other."""
    by_lane: defaultdict[int, list[_Found]] = defaultdict(list)
    for one in found:
        by_lane[one.lane].append(one)
    lanes: list[Lane] = []
    for lane in sorted(by_lane, key=lambda lane: lane if letter == "V" else -lane):
        role = by_lane[lane][0].role if letter == "A" else ""
        for row in rows(one.shot for one in by_lane[lane]):
            channels = max(shot.medium.channels for shot in row)
            lanes.append(Lane(role or f"{letter}{len(lanes) + 1}", row, channels=channels))
    return tuple(lanes)


def _time_map(item: ET.Element, start: Fraction) -> tuple[Optional[Fraction], Fraction, Fraction]:
    """Speed, and a moment of the element's own time with the medium's time at it."""
    points = [
        (_time(point.get("time")), _time(point.get("value")))
        for point in item.iterfind("timeMap/timept")
    ]
    if len(points) < 2:
        return Fraction(1), start, start
    (zero, value), (last, end) = points[0], points[-1]
    speed = (end - value) / (last - zero)
    even = all((v - value) == speed * (t - zero) for t, v in points)
    return (speed if even else None), start, value + speed * (start - zero)


def _spine(sequence: ET.Element) -> ET.Element:
    spine = sequence.find("spine")
    return sequence if spine is None else spine


def _length(item: ET.Element) -> Optional[Fraction]:
    said = item.get("duration")
    return None if said is None else _time(said)


def _time(text: Optional[str]) -> Fraction:
    """Seconds of "1001/24000s", "5s" or nothing."""
    return Fraction(text.strip().rstrip("s")) if text else _ZERO


# --- written


def write(cut: Cut, path: Path) -> None:
    """One event with one project: sounds in samples, the picture in frames."""
    writer = _Writer(cut)
    root = writer.document()
    ET.indent(root)
    with whole(path) as part:
        text = ET.tostring(root, encoding="unicode")
        part.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n',
            encoding="utf-8",
        )


class _Writer:
    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._first = cut.seconds(cut.first)
        self._resources = ET.Element("resources")
        self._formats: dict[Fraction, str] = {}
        self._assets: dict[tuple[Medium, bool], str] = {}
        self._main = self._format(cut.rate.exact)

    def document(self) -> ET.Element:
        cut = self._cut
        root = ET.Element("fcpxml", version=_VERSION)
        root.append(self._resources)
        event = ET.SubElement(ET.SubElement(root, "library"), "event", name="cuelock")
        project = ET.SubElement(event, "project", name=cut.name)
        sequence = ET.SubElement(
            project, "sequence", format=self._main, tcStart=_said(self._first),
            tcFormat="DF" if cut.rate.drop else "NDF", duration=_said(self._stop()),
            audioLayout="stereo", audioRate="48k",
        )  # fmt: skip
        spine = ET.SubElement(sequence, "spine")
        story = cut.pictures[0].shots if cut.pictures else ()
        items = [*self._storyline(spine, story)]
        hung: list[tuple[int, ET.Element]] = []
        for number, lane in enumerate(cut.pictures[1:], 1):
            hung += [self._hung(items, shot, number, lane.name, sound=False) for shot in lane.shots]
        for number, lane in enumerate(cut.sounds, 1):
            hung += [self._hung(items, shot, -number, lane.name, sound=True) for shot in lane.shots]
        for place, element in hung:
            items[place][2].append(element)
        for marker in cut.markers:  # the schema wants them after what hangs on a clip
            at = cut.seconds(marker.frame)
            begin, start, item = items[_under(items, at)]
            ET.SubElement(
                item, "marker", start=_said(at - begin + start), value=marker.name,
                duration=_said(1 / cut.rate.exact), note=f"{_KEY}{marker.key}",
            )  # fmt: skip
        return root

    def _stop(self) -> Fraction:
        """The sequence's length: whole frames that hold everything."""
        markers = (self._cut.seconds(one.frame + 1) for one in self._cut.markers)
        stop = max([self._cut.stop, self._cut.seconds(1), *markers])
        return self._cut.seconds(-(-stop * self._cut.rate.exact // 1))

    def _storyline(
        self, spine: ET.Element, shots: tuple[Shot, ...]
    ) -> Iterator[tuple[Fraction, Fraction, ET.Element]]:
        """Clips and gaps without a hole: each with its begin and its own start."""
        at = _ZERO
        for shot in shots:
            if at < shot.start:
                yield at, _ZERO, self._gap(spine, at, shot.start)
            clip, start = self._clip(shot, self._first + shot.start, sound=False)
            spine.append(clip)
            yield shot.start, start, clip
            at = shot.stop
        if at < self._stop():
            yield at, _ZERO, self._gap(spine, at, self._stop())

    def _gap(self, spine: ET.Element, start: Fraction, stop: Fraction) -> ET.Element:
        return ET.SubElement(
            spine, "gap", name="Gap", offset=_said(self._first + start), start="0s",
            duration=_said(stop - start),
        )  # fmt: skip

    def _hung(
        self,
        items: list[tuple[Fraction, Fraction, ET.Element]],
        shot: Shot,
        lane: int,
        name: str,
        *,
        sound: bool,
    ) -> tuple[int, ET.Element]:
        """A clip and the place of the one of the storyline that it hangs on."""
        place = _under(items, shot.start)
        begin, start, _ = items[place]
        clip, _ = self._clip(shot, shot.start - begin + start, sound=sound)
        clip.set("lane", str(lane))
        if sound:
            clip.set("audioRole", name)
        return place, clip

    def _clip(self, shot: Shot, offset: Fraction, *, sound: bool) -> tuple[ET.Element, Fraction]:
        length = shot.stop - shot.start
        clip = ET.Element(
            "asset-clip", ref=self._asset(shot.medium, sound, shot.source + length),
            offset=_said(offset), name=shot.name or name_of(shot.medium.address),
            start=_said(shot.source), duration=_said(length),
        )  # fmt: skip
        if shot.speed is not None and shot.speed != 1:
            time_map = ET.SubElement(clip, "timeMap")
            for passed in (_ZERO, length):
                ET.SubElement(
                    time_map, "timept", time=_said(shot.source + passed),
                    value=_said(shot.source + passed * shot.speed), interp="linear",
                )  # fmt: skip
        return clip, shot.source

    def _asset(self, medium: Medium, sound: bool, shown: Fraction) -> str:
        if (medium, sound) in self._assets:
            return self._assets[medium, sound]
        name = f"asset-{len(self._assets) + 1}"
        origin = medium.origin or _ZERO
        asset = ET.SubElement(
            self._resources, "asset", id=name, name=name_of(medium.address), start=_said(origin),
            duration=_said(medium.length if medium.length is not None else shown - origin),
        )  # fmt: skip
        if sound:
            told = {"hasAudio": "1", "audioSources": "1", "audioRate": str(SAMPLE_RATE),
                    "audioChannels": str(medium.channels)}  # fmt: skip
        else:
            told = {"hasVideo": "1", "format": self._format(medium.rate or self._cut.rate.exact)}
        asset.attrib.update(told)
        ET.SubElement(asset, "media-rep", kind="original-media", src=url_of(medium.address))
        self._assets[medium, sound] = name
        return name

    def _format(self, rate: Fraction) -> str:
        if rate not in self._formats:
            name = f"format-{len(self._formats) + 1}"
            ET.SubElement(self._resources, "format", id=name, frameDuration=_said(1 / rate))
            self._formats[rate] = name
        return self._formats[rate]


def _under(items: list[tuple[Fraction, Fraction, ET.Element]], at: Fraction) -> int:
    """The place of the last item of the storyline that begins at or before a moment."""
    return max((n for n, (begin, _, _) in enumerate(items) if begin <= at), default=0)


def _said(seconds: Fraction) -> str:
    return f"{seconds}s"
