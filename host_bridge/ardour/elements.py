"""Elements of a session file of Ardour 7 or later: times, sources, regions, tracks.

Times are superclocks, 282 240 000 a second, written "a…"; a length is written "aLENGTH@aPOSITION".
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence
from xml.etree.ElementTree import Element, SubElement

from host_bridge.errors import CuelockError
from host_bridge.placing import OURS
from host_bridge.timecode import SampleIndex
from host_bridge.timeline import SAMPLE_RATE, Stem

SUPERCLOCKS = 282_240_000
_A_SAMPLE = SUPERCLOCKS // SAMPLE_RATE
_TAG = f"{OURS}:"


class Ids:
    """Numbers that nothing in the session has; the session counts them on."""

    def __init__(self, root: Element) -> None:
        self._root = root
        counted = int(root.get("id-counter", "0"))
        known = (int(one.get("id", "0")) for one in root.iter() if one.get("id", "").isdigit())
        self._next = max(counted, max(known, default=0) + 1)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, self._next = self._next, self._next + 1
        self._root.set("id-counter", str(self._next))
        return str(number)


def time_at(sample: int) -> str:
    """A position.

    >>> time_at(172_972_800)
    'a1017080064000'
    """
    return f"a{sample * _A_SAMPLE}"


def sample_at(text: str) -> SampleIndex:
    """The sample of a time. Raises CuelockError host.timeline for one that is counted in beats."""
    if not text.startswith("a") or not text[1:].lstrip("-").isdigit():
        raise CuelockError(
            "host.timeline",
            f"The session has the musical time {text!r}, which cuelock cannot follow.",
            hint="Lock its regions and ranges to audio time.",
        )
    return SampleIndex(int(text[1:]) // _A_SAMPLE)


def place_of(region: Element) -> tuple[SampleIndex, SampleIndex]:
    """First sample of a region and the first behind it: a length bears its position."""
    length, _, start = region.get("length", "").partition("@")
    return sample_at(start), SampleIndex(sample_at(start) + sample_at(length))


def tagged_take(region: Element) -> Optional[str]:
    """The take a region was placed for, which stays with it when it is cut or its file renamed."""
    tags = region.get("tags", "").split()
    return next((tag[len(_TAG) :] for tag in tags if tag.startswith(_TAG)), None)


def source_of(stem: Stem, channel: int, natural: int, id_: str) -> Element:
    """One channel of a stem's file as a source. natural: samples since midnight of its first."""
    return Element(
        "Source",
        {
            "name": stem.path,
            "type": "audio",
            "flags": "Broadcast",
            "id": id_,
            "natural-position": time_at(natural),
            "channel": str(channel),
            "origin": stem.path,
            "gain": "1",
        },
    )


def region_of(stem: Stem, sources: Sequence[str], *, start: int, id_: str, whole: bool) -> Element:
    """A region over all of a stem. whole: as the region list keeps it, else on a playlist."""
    region = Element(
        "Region",
        {
            "name": stem.layer,
            "type": "audio",
            "id": id_,
            "start": time_at(0),
            "length": f"{time_at(stem.samples)}@{time_at(start)}",
            "whole-file": "1" if whole else "0",
            "automatic": "1" if whole else "0",
            "muted": "0",
            "opaque": "1",
            "locked": "0",
            "default-fade-in": "1",
            "default-fade-out": "1",
            "fade-in-active": "0",
            "fade-out-active": "0",
            "envelope-active": "0",
            "scale-amplitude": "1",
            "channels": str(len(sources)),
            "tags": f"{_TAG}{stem.take}",
        },
    )
    for number, source in enumerate(sources):
        region.set(f"source-{number}", source)
        region.set(f"master-source-{number}", source)
    return region


def track_of(
    name: str, channels: int, order: int, bus: Sequence[str], ids: Ids
) -> tuple[Element, Element]:
    """An audio track that is heard on a bus, whose inputs are named, and its playlist."""
    id_, list_ = next(ids), next(ids)
    route = Element(
        "Route",
        {
            "version": "7002",
            "id": id_,
            "name": name,
            "default-type": "audio",
            "strict-io": "0",
            "active": "1",
            "denormal-protection": "0",
            "meter-point": "MeterPostFader",
            "disk-io-point": "DiskIOPreFader",
            "audio-playlist": list_,
            "alignment-choice": "Automatic",
            "mode": "Normal",
        },
    )
    SubElement(route, "PresentationInfo", order=str(order), flags="AudioTrack,OrderSet")
    _ports(route, name, "Input", [""] * channels, next(ids))
    _ports(route, name, "Output", bus or [""] * channels, next(ids))
    for kind, named in (
        ("diskreader", f"player:{name}"),
        ("amp", "Amp"),
        ("meter", f"meter-{name}"),
        ("main-outs", name),
    ):
        processor = {"id": next(ids), "name": named, "active": "1", "type": kind}
        if kind == "main-outs":
            processor.update({"own-input": "1", "own-output": "0", "output": name, "role": "Main"})
        SubElement(route, "Processor", processor)
    playlist = Element(
        "Playlist", {"id": list_, "name": name, "type": "audio", "orig-track-id": id_}
    )
    return route, playlist


def _ports(route: Element, name: str, direction: str, others: Sequence[str], id_: str) -> None:
    """A track's ports, one for each port it is connected to; "" for none."""
    io = SubElement(
        route, "IO", {"name": name, "id": id_, "direction": direction, "default-type": "audio"}
    )
    word = "audio_in" if direction == "Input" else "audio_out"
    for number, other in enumerate(others, 1):
        port = SubElement(io, "Port", type="audio", name=f"{name}/{word} {number}")
        if other:
            SubElement(port, "Connection", other=other)
