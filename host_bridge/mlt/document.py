"""The parts of an MLT document, by the names of https://www.mltframework.org/docs/mltxml.

A producer or chain is a medium; a playlist is media and blanks one after the other; a tractor is
tracks on top of each other. in and out are inclusive and written in three ways; here frames are
counted in the profile's rate and ranges are half-open.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Iterator, NamedTuple, Optional
from xml.etree.ElementTree import Element, SubElement

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameIndex, FrameRange, Rate

_CLOCK = re.compile(r"(\d+):(\d+):(\d+[.,]\d+)")
_LABEL = re.compile(r"(\d+):(\d+):(\d+)[:;](\d+)")
MEDIA = ("producer", "chain")


class Item(NamedTuple):
    """Frames [start, start + frames) of a playlist show a service from its frame `first` on.

    service: None for a blank.
    """

    element: Element
    start: int
    frames: int
    first: int
    service: Optional[Element]

    @property
    def stop(self) -> int:
        return self.start + self.frames


class Document:
    """An MLT document and what its elements refer to. Raises CuelockError host.timeline."""

    def __init__(self, root: Element) -> None:
        self.root = root
        profile = root.find("profile")
        if root.tag != "mlt" or profile is None:
            raise no_timeline("it says no profile")
        numbers = (profile.get("frame_rate_num", ""), profile.get("frame_rate_den", "1"))
        self.rate = Rate.parse("/".join(numbers))
        self._services = {one.get("id"): one for one in root if one.get("id")}

    def service(self, name: Optional[str]) -> Element:
        """The producer, chain, playlist or tractor of this id."""
        if name not in self._services:
            raise no_timeline(f"it refers to {name}, which is not there")
        return self._services[name]

    def add(self, element: Element, at: int) -> None:
        """Put a service into the document, before the `at`-th of its children."""
        self.root.insert(at, element)
        self._services[element.get("id")] = element

    def free_id(self, stem: str) -> str:
        """An id that nothing has: stem0, stem1, ..."""
        return next(name for n in range(10**6) if (name := f"{stem}{n}") not in self._services)

    def frames(self, text: str) -> FrameIndex:
        """A time as MLT writes it: frames, a clock "00:00:03.960" or a label "00:00:03:24".

        A clock is rounded to the nearest frame (mlt_property.c).
        """
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = clock.groups()
            exact = 3600 * int(hours) + 60 * int(minutes) + Fraction(seconds.replace(",", "."))
            return FrameIndex(int(exact * self.rate.exact + Fraction(1, 2)))
        if label := _LABEL.fullmatch(text):
            hours, minutes, seconds, frames = (int(part) for part in label.groups())
            return FrameIndex((3600 * hours + 60 * minutes + seconds) * self.rate.nominal + frames)
        try:
            return FrameIndex(int(text))
        except ValueError:
            raise no_timeline(f"{text!r} is no time") from None

    def span(self, element: Element, service: Optional[Element] = None) -> FrameRange:
        """What an element shows of a service: from its in to its out, else all there is."""
        first, last = element.get("in"), element.get("out")
        if service is not None and (first is None or last is None):
            whole = self.span(service)
            first = first or str(whole.start)
            last = last or str(whole.stop - 1)
        start = self.frames(first or "0")
        if last is None:
            length = text_of(element, "length")
            return FrameRange(start, self.frames(length) if length else start)
        return FrameRange(start, FrameIndex(self.frames(last) + 1))

    def items(self, playlist: Element) -> Iterator[Item]:
        """What stands on a playlist, in order; entries and blanks."""
        at = 0
        for element in playlist:
            if element.tag == "blank":
                frames = self.frames(element.get("length", "0"))
                yield Item(element, at, frames, 0, None)
            elif element.tag == "entry":
                service = self.service(element.get("producer"))
                shown = self.span(element, service)
                frames = shown.frames
                yield Item(element, at, frames, shown.start, service)
            else:
                continue
            at += frames

    def put(self, playlist: Element, entry: Element, start: int, frames: int) -> None:
        """Put an entry where the playlist is blank or has ended; nothing else moves.

        Raises CuelockError host.refused when something stands there.
        """
        end = 0
        for item in self.items(playlist):
            end = item.stop
            if end <= start:
                continue
            if item.service is not None or start + frames > item.stop:
                raise CuelockError(
                    "host.refused",
                    f"Something stands where the stem belongs, at frame {start}.",
                    hint="Give the command again: the place is looked for anew.",
                )
            at = list(playlist).index(item.element)
            playlist.remove(item.element)
            around = (_blank(start - item.start), entry, _blank(item.stop - start - frames))
            for one in reversed([one for one in around if one is not None]):
                playlist.insert(at, one)
            return
        last = max((n for n, one in enumerate(playlist) if one.tag in _STANDING), default=-1)
        for one in reversed([one for one in (_blank(start - end), entry) if one is not None]):
            playlist.insert(last + 1, one)


_STANDING = ("property", "properties", "entry", "blank")


def text_of(element: Element, name: str) -> str:
    """A property's text; "" when it is not there."""
    found = element.find(f"property[@name='{name}']")
    return "" if found is None else (found.text or "")


def set_text(element: Element, name: str, text: str) -> None:
    """Set a property; a new one stands behind those that are there."""
    found = element.find(f"property[@name='{name}']")
    if found is None:
        found = Element("property", name=name)
        element.insert(len(element.findall("property")), found)
    found.text = text


def made(tag: str, properties: dict[str, str], **attributes: str) -> Element:
    """An element with its properties."""
    element = Element(tag, attributes)
    for name, text in properties.items():
        SubElement(element, "property", name=name).text = text
    return element


def no_timeline(why: str) -> CuelockError:
    return CuelockError(
        "host.timeline",
        f"This is no MLT project that can be read: {why}.",
        hint="Save the project again in its application.",
    )


def _blank(frames: int) -> Optional[Element]:
    return Element("blank", length=str(frames)) if frames > 0 else None
