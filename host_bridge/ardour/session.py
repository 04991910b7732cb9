"""A saved Ardour session as a host: shown from its file, placed by patching it."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Optional
from xml.etree.ElementTree import Element, SubElement

from host_bridge.ardour.elements import (
    Ids,
    place_of,
    region_of,
    sample_at,
    source_of,
    tagged_take,
    time_at,
    track_of,
)
from host_bridge.errors import CuelockError
from host_bridge.placing import OURS, take_of
from host_bridge.projectfile import Told, read, write
from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    SampleIndex,
    nearest_frame,
    sample_of_frame,
    time_reference,
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

_OLDEST = 7000  # files of Ardour 6 count in samples
#: Ardour's timecode formats but two, 24.976 and labels that drop at 30: no picture runs so.
RATES = MappingProxyType(
    {
        "timecode_23976": "23.976",
        "timecode_24": "24",
        "timecode_25": "25",
        "timecode_2997": "29.97",
        "timecode_2997drop": "29.97 DF",
        "timecode_30": "30",
        "timecode_5994": "59.94",
        "timecode_60": "60",
    }
)


class ArdourSession:
    """A session of Ardour 7 or later that is saved and closed.

    Its timeline begins at sample 0. told: what the file does not say. One step of undo is the file
    as it was, kept beside it.
    """

    name = "ardour"

    def __init__(self, path: Path, told: Told) -> None:
        self._path, self._told = path, told

    def marked(self) -> MarkedRange:
        root = self._root()
        rate = _rate(root)
        first = self._told.first(rate, own=_first(root, rate))
        wanted = self._told.frames(rate, first) or _marks(root, rate)
        if wanted is None:
            raise CuelockError(
                "host.marks",
                f"No range is marked in {root.get('name')}.",
                hint=f"Make a range marker named {OURS}, or a loop range, and save; "
                "or name a range with --in and --out.",
            )
        return MarkedRange(
            host=self.name,
            timeline=root.get("name", ""),
            rate=str(rate),
            first=first,
            start=wanted.start,
            stop=wanted.stop,
            pieces=self._pieces(root, rate, wanted),
        )

    def tracks(self) -> tuple[Track, ...]:
        root = self._root()
        files = {
            one.get("id"): one.get("origin") or one.get("name", "")
            for one in root.iterfind("Sources/Source")
        }
        return tuple(_shown(root, route, files) for route in _tracks(root))

    def place(self, plan: tuple[Placement, ...]) -> None:
        root = self._root()
        rate = _rate(root)
        first = self._told.first(rate, own=_first(root, rate))
        ids, routes, names = Ids(root), _tracks(root), _new_names(root, plan)
        for placement in plan:
            if placement.state != "place":
                continue
            stem = placement.stem
            if placement.track == len(routes):
                routes.append(_add_track(root, names[placement.track], stem.channels, ids))
            frame = first + nearest_frame(stem.start, rate, SAMPLE_RATE)
            natural = time_reference(frame, rate, SAMPLE_RATE)
            _put(root, routes[placement.track], stem, natural, ids)
        _cover(root, ids)
        write(self._path, root)

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        root, there = self._root(), self.event_starts()
        rate, ids = _rate(root), Ids(root)
        for marker in markers:
            sample = sample_of_frame(marker.frame, rate, SAMPLE_RATE)
            if sample not in there:
                at = time_at(sample)
                _locate(root, f"{OURS} {marker.name}", at, at, "IsMark", next(ids))
        write(self._path, root)

    def rate(self) -> Rate:
        """Frames of the session's timecode. Raises CuelockError request.rate, host.timeline."""
        return _rate(self._root())

    def new_names(self, plan: tuple[Placement, ...]) -> dict[int, str]:
        """Names of the tracks that a plan adds, by their numbers: none that a bus has already."""
        return _new_names(self._root(), plan)

    def event_starts(self) -> frozenset[SampleIndex]:
        """Where events are marked already."""
        return frozenset(
            sample_at(one.get("start", ""))
            for one in self._root().iterfind("Locations/Location")
            if one.get("name", "").startswith(f"{OURS} ")
        )

    def _root(self) -> Element:
        root = read(self._path)
        version = root.get("version", "")
        if root.tag != "Session" or not version.isdigit() or int(version) < _OLDEST:
            raise CuelockError(
                "host.timeline",
                f"{self._path.name} is no session of Ardour 7 or later.",
                hint="Open it in Ardour 7 or later and save it there.",
            )
        if root.get("sample-rate") != str(SAMPLE_RATE):
            raise CuelockError(
                "host.timeline",
                f"The session runs at {root.get('sample-rate')} samples a second, stems at 48000.",
                hint="Import the stems in Ardour, which converts them.",
            )
        return root

    def _pieces(self, root: Element, rate: Rate, wanted: FrameRange) -> tuple[Piece, ...]:
        """The session's one film, from its offset on; how long it is, Ardour does not say."""
        film = next(root.iter("Videotimeline"), None)
        if film is None or not film.get("Filename"):
            return ()
        offset = nearest_frame(int(film.get("VideoOffset", "0")), rate, SAMPLE_RATE)
        return (
            Piece(
                start=offset,
                stop=FrameIndex(max(wanted.stop, offset + 1)),
                path=str(self._path.parent / "videos" / film.get("Filename", "")),
                media_start=FrameIndex(0),
                media_rate=str(rate),
            ),
        )


def _rate(root: Element) -> Rate:
    word = _option(root, "timecode-format")
    if word not in RATES:
        raise CuelockError(
            "request.rate",
            f"cuelock does not work at the session's timecode rate, {word}.",
            hint="Choose another in Session > Properties > Timecode.",
        )
    return Rate.parse(RATES[word])


def _first(root: Element, rate: Rate) -> FrameIndex:
    """The label frame of sample 0: a negative offset is taken from labels to get positions.

    A positive one puts the label 0 at a later sample (session_time.cc, timecode_to_sample).
    """
    offset = nearest_frame(int(_option(root, "timecode-offset") or 0), rate, SAMPLE_RATE)
    own = offset if _option(root, "timecode-offset-negative") == "1" else -offset
    return FrameIndex(own % rate.frames_per_day)


def _marks(root: Element, rate: Rate) -> Optional[FrameRange]:
    """The range marker that bears our name, else the loop range."""
    places = root.findall("Locations/Location")
    ours = [one for one in places if _is(one, "IsRangeMarker") and one.get("name") == OURS]
    loops = [one for one in places if _is(one, "IsAutoLoop")]
    for place in (*ours, *loops):
        ends = (sample_at(place.get(end, "")) for end in ("start", "end"))
        start, stop = (nearest_frame(sample, rate, SAMPLE_RATE) for sample in ends)
        if start < stop:
            return FrameRange(start, stop)
    return None


def _new_names(root: Element, plan: tuple[Placement, ...]) -> dict[int, str]:
    there = len(_tracks(root))
    taken = {route.get("name") for route in root.iterfind("Routes/Route")}
    names: dict[int, str] = {}
    for one in plan:
        if one.state == "place" and one.track >= there and one.track not in names:
            free = (name for n in count(1) if (name := f"{OURS} {n}") not in taken)
            names[one.track] = name = one.track_name if one.track_name not in taken else next(free)
            taken.add(name)
    return names


def _add_track(root: Element, name: str, channels: int, ids: Ids) -> Element:
    """A track behind the others, heard where the session's master bus is."""
    order = len(root.findall("Routes/Route"))
    master = next(
        (
            route
            for route in root.iterfind("Routes/Route")
            for info in route.iterfind("PresentationInfo")
            if "MasterOut" in info.get("flags", "").split(",")
        ),
        None,
    )
    ports = [] if master is None else master.findall("IO[@direction='Input']/Port")
    route, playlist = track_of(name, channels, order, [one.get("name", "") for one in ports], ids)
    _part(root, "Routes").append(route)
    _part(root, "Playlists").append(playlist)
    return route


def _put(root: Element, route: Element, stem: Stem, natural: int, ids: Ids) -> None:
    """A stem's sources, its region in the list, and its region on a track."""
    sources = [source_of(stem, channel, natural, next(ids)) for channel in range(stem.channels)]
    _part(root, "Sources").extend(sources)
    named = [source.get("id", "") for source in sources]
    whole = region_of(stem, named, start=natural, id_=next(ids), whole=True)
    _part(root, "Regions").append(whole)
    region = region_of(stem, named, start=stem.start, id_=next(ids), whole=False)
    _playlist(root, route).append(region)


def _cover(root: Element, ids: Ids) -> None:
    """A session range over all regions where there is none: Ardour exports nothing without."""
    if any(_is(one, "IsSessionRange") for one in root.iterfind("Locations/Location")):
        return
    end = max(place_of(region)[1] for region in root.iterfind("Playlists/Playlist/Region"))
    _locate(root, "session", time_at(0), time_at(end), "IsSessionRange", next(ids))


def _locate(root: Element, name: str, start: str, end: str, flags: str, id_: str) -> None:
    place = {"id": id_, "name": name, "start": start, "end": end, "flags": flags, "locked": "0"}
    SubElement(_part(root, "Locations"), "Location", place)


def _shown(root: Element, route: Element, files: dict[Optional[str], str]) -> Track:
    clips = [_clip(region, files) for region in _playlist(root, route).iterfind("Region")]
    return Track(
        name=route.get("name", ""),
        channels=len(route.findall("IO[@direction='Input']/Port[@type='audio']")),
        locked=route.get("active") == "0",
        clips=tuple(sorted(clips, key=lambda clip: clip.start)),
    )


def _clip(region: Element, files: dict[Optional[str], str]) -> PlacedClip:
    start, stop = place_of(region)
    path = files.get(region.get("source-0"), "")
    return PlacedClip(
        start=start,
        stop=stop,
        name=region.get("name", ""),
        path=path,
        take=tagged_take(region) or take_of(path),
    )


def _tracks(root: Element) -> list[Element]:
    return [one for one in root.iterfind("Routes/Route") if one.get("audio-playlist")]


def _playlist(root: Element, route: Element) -> Element:
    wanted = route.get("audio-playlist")
    found = next((o for o in root.iterfind("Playlists/Playlist") if o.get("id") == wanted), None)
    if found is None:
        raise CuelockError(
            "host.timeline",
            f"The session has no playlist for the track {route.get('name')}.",
            hint="Open it in Ardour and save it again.",
        )
    return found


def _part(root: Element, tag: str) -> Element:
    found = root.find(tag)
    return SubElement(root, tag) if found is None else found


def _option(root: Element, name: str) -> str:
    found = root.find(f"Config/Option[@name='{name}']")
    return "" if found is None else found.get("value", "")


def _is(place: Element, flag: str) -> bool:
    return flag in place.get("flags", "").split(",")
