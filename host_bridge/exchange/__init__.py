"""Timelines of other programs as files: read, and written with stems and markers on them.

A format is a module with `read` and `write`; `read_cut` tells by the name of a file which it is,
`write_cut` by the name of the format. Libraries that a format needs are imported when it is used.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Callable, Mapping, NamedTuple, Optional
from xml.etree import ElementTree as ET

from host_bridge.errors import CuelockError
from host_bridge.exchange import aaf, edl, fcp7, fcpxml, folder, lists, otio
from host_bridge.exchange.cut import Cut
from host_bridge.exchange.files import read_bytes, unreadable
from host_bridge.timecode import Rate

__all__ = ["FORMATS", "READABLE", "Cut", "Format", "read_cut", "write_cut"]


class Format(NamedTuple):
    """A way to hand a timeline on. ending: what is put behind its name."""

    ending: str
    write: Callable[[Cut, Path], None]
    holds: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "otio": Format(".otio", otio.write, "picture, sound to the sample, markers"),
        "fcp7": Format(".xml", fcp7.write, "picture, sound on the nearest frame, markers"),
        "fcpxml": Format(".fcpxml", fcpxml.write, "picture, sound to the sample, markers"),
        "edl": Format(".edl", edl.write, "picture, four channels on the nearest frame, locators"),
        "aaf": Format(".aaf", aaf.write, "picture, sound to the sample and embedded, markers"),
        "csv": Format("_cues.csv", lists.write_csv, "a list of stems and markers"),
        "audacity": Format("_labels.txt", lists.write_audacity, "labels"),
        "reaper": Format("_regions.csv", lists.write_reaper, "regions and markers"),
        "folder": Format("_stems", folder.write, "the stems and a cue sheet"),
    }
)
READABLE = (".otio", ".xml", ".fcpxml", ".edl", ".aaf")


def read_cut(path: Path, rate: Optional[Rate] = None) -> Cut:
    """A timeline file at a rate; None: its own, which an EDL does not tell.

    Raises CuelockError request.path, request.rate, request.range.
    """
    ending = path.suffix.lower()
    if ending == ".otio":
        return otio.read(path, rate)
    if ending == ".edl":
        return edl.read(path, rate)
    if ending == ".aaf":
        return aaf.read(path, rate)
    if ending in (".xml", ".fcpxml"):
        return _of_xml(path, rate)
    raise CuelockError(
        "request.path",
        f"{path.name} is no timeline that cuelock reads.",
        hint=f"Export it as one of {', '.join(READABLE)}.",
    )


def write_cut(cut: Cut, path: Path, form: str) -> None:
    """Write a timeline in a format of FORMATS, whole or not at all.

    Raises CuelockError request.option, host.refused where the format cannot hold it,
    media.missing, disk.full, disk.readonly.
    """
    format_of(form).write(cut, path)


def format_of(form: str) -> Format:
    """A format by its name. Raises CuelockError request.option."""
    if form not in FORMATS:
        raise CuelockError(
            "request.option",
            f"{form} is no format cuelock places stems in.",
            hint=f"Formats: {', '.join(FORMATS)}.",
        )
    return FORMATS[form]


def _of_xml(path: Path, rate: Optional[Rate]) -> Cut:
    """By its root: xmeml is Final Cut Pro 7's, fcpxml that of its successor."""
    try:
        root = ET.fromstring(read_bytes(path))
    except ET.ParseError as error:
        raise unreadable(path, str(error)) from error
    readers = {"xmeml": fcp7.read, "fcpxml": fcpxml.read}
    if root.tag not in readers:
        raise unreadable(path, f"its root is {root.tag}, not xmeml or fcpxml")
    return readers[root.tag](root, path, rate)
