"""A host's project file in XML: patched and written whole; what is not known stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple, Optional
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from host_bridge.errors import CuelockError
from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    frame_of_label,
    frame_of_time,
    frame_range,
)

#: Behind the name of what a project was before the last change, which lies beside it.
BEFORE = ".before-cuelock"


class Told(NamedTuple):
    """What a person says of a timeline because its file does not. Times as in RenderRequest."""

    range_in: Optional[str] = None
    range_out: Optional[str] = None
    start_timecode: Optional[str] = None

    def rate(self, rate: Rate) -> Rate:
        """The file's rate; its labels drop when a time is written with a semicolon."""
        return Rate.of(rate.exact, drop=rate.drop or any(text and ";" in text for text in self))

    def first(self, rate: Rate, own: FrameIndex) -> FrameIndex:
        """Label frame of the timeline's first frame: the named one, else the file's own."""
        return frame_of_label(self.start_timecode, rate) if self.start_timecode else own

    def frames(self, rate: Rate, first: FrameIndex) -> Optional[FrameRange]:
        """The named range, None where none is named. Raises CuelockError request.*, host.marks."""
        if self.range_in is None and self.range_out is None:
            return None
        if self.range_in is None or self.range_out is None:
            raise CuelockError(
                "host.marks",
                "Only one end of the range is named.",
                hint="Name both --in and --out.",
            )
        ends = (frame_of_time(text, rate, first) for text in (self.range_in, self.range_out))
        return frame_range(*ends)


def read(path: Path) -> Element:
    """The file's root. Raises CuelockError media.missing, host.timeline."""
    builder = ElementTree.TreeBuilder(insert_comments=True, insert_pis=True)
    try:
        return ElementTree.parse(path, ElementTree.XMLParser(target=builder)).getroot()
    except FileNotFoundError as error:
        raise CuelockError(
            "media.missing", f"There is no file {path}.", hint="Check the path."
        ) from error
    except (OSError, ElementTree.ParseError) as error:
        raise CuelockError(
            "host.timeline",
            f"{path.name} is no project file that can be read: {error}.",
            hint="Save the project again in its application.",
        ) from error


def write(path: Path, root: Element) -> None:
    """Put the root in the file's place; what it was is kept beside it, unless it is the same.

    Raises CuelockError disk.readonly.
    """
    part = path.with_name(path.name + ".part")
    try:
        ElementTree.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)
        if part.read_bytes() == path.read_bytes():
            return
        shutil.copy2(path, path.with_name(path.name + BEFORE))
        part.replace(path)
    except OSError as error:
        raise CuelockError(
            "disk.readonly",
            f"{path.name} cannot be written: {error.strerror}.",
            hint="Look at the folder's rights and at the space on the disk.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
