"""Files of an exchange: addresses and paths, media looked for, results whole or not there."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from pathlib import Path
from typing import Generator, Iterator, Sequence
from urllib.parse import quote, unquote, urlsplit

from host_bridge.errors import CuelockError

_DRIVE = re.compile(r"/[A-Za-z]:")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def address_of(url: str) -> str:
    """The path in a file's URL, or the text itself where it is no URL.

    >>> address_of("file://localhost/cuts/a%20b.mov"), address_of("file:///C%3A/a.mov")
    ('/cuts/a b.mov', 'C:/a.mov')
    """
    if not url.startswith("file:"):
        return url
    parts = urlsplit(url)
    path = unquote(parts.path)
    if _DRIVE.match(path):
        return path[1:]
    return path if parts.netloc in ("", "localhost") else f"//{parts.netloc}{path}"


def url_of(address: str) -> str:
    """The URL of a path, whichever system's; another address as it is.

    >>> url_of("/cuts/a b.mov"), url_of("C:\\\\cuts\\\\a.mov"), url_of("A001")
    ('file:///cuts/a%20b.mov', 'file:///C:/cuts/a.mov', 'A001')
    """
    if _WINDOWS.match(address):
        address = address.replace("\\", "/")
        return (
            f"file:{quote(address, safe='/:')}"
            if address[0] == "/"
            else f"file:///{quote(address, safe='/:')}"
        )
    return f"file://{quote(address)}" if address.startswith("/") else address


def name_of(address: str) -> str:
    """The last part of an address of whichever system."""
    return re.split(r"[\\/]", address)[-1]


class MediaSearch:
    """Looks for media where a timeline says, then by name beside it and in the folders given."""

    def __init__(self, timeline: Path, folders: Sequence[Path] = ()) -> None:
        self._beside = timeline.parent
        self._folders = (timeline.parent, *folders)
        self._by_name: dict[str, list[Path]] = {}

    def find(self, address: str) -> Path:
        """The file of an address. Raises CuelockError media.missing."""
        said = self._beside / address  # an absolute address stays what it is
        if address and said.is_file():
            return said.resolve()
        found = self._named(name_of(address))
        if len(found) == 1:
            return found[0]
        if found:
            raise CuelockError(
                "media.missing",
                f"{name_of(address)} is there {len(found)} times, and none where it was.",
                hint=f"Name the folder of one with --media, or put it back to {address}.",
            )
        raise CuelockError(
            "media.missing",
            f"{address or 'A clip without a name'} is not there.",
            hint="Name the folder that holds it with --media, or put it beside the timeline.",
        )

    def _named(self, name: str) -> list[Path]:
        """Files of a name, or, for an address without an ending, of that stem."""
        if not self._by_name:
            self._by_name = defaultdict(list)
            for path in sorted({path for folder in self._folders for path in _files(folder)}):
                for key in {path.name.lower(), path.stem.lower()}:
                    self._by_name[key].append(path)
        return self._by_name.get(name.lower(), [])


def _files(folder: Path) -> Iterator[Path]:
    return (path.resolve() for path in folder.rglob("*") if path.is_file())


def read_bytes(path: Path) -> bytes:
    """Raises CuelockError request.path."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CuelockError(
            "request.path", f"{path} cannot be read: {error.strerror}.",
            hint="Check the path and the file's permissions.",
        ) from error  # fmt: skip


@contextlib.contextmanager
def whole(path: Path) -> Generator[Path, None, None]:
    """Where to write a file that appears at its place when it is finished, or not at all.

    Raises CuelockError disk.readonly or disk.full.
    """
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        full = "space" in (error.strerror or "")
        raise CuelockError(
            "disk.full" if full else "disk.readonly",
            f"{path.name} cannot be written: {error.strerror or error}.",
            hint="Free some space." if full else "Name another folder with --to.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def unreadable(path: Path, why: str) -> CuelockError:
    """A timeline file that is none."""
    return CuelockError(
        "request.path",
        f"{path.name} cannot be read as a timeline: {why}.",
        hint="Export the timeline again, as OpenTimelineIO where your program can.",
    )


def bad_line(path: Path, line: int, hint: str) -> CuelockError:
    """A line of a text that makes no sense."""
    return CuelockError("request.path", f"Line {line} of {path.name} cannot be read.", hint=hint)


def no_length(path: Path, line: int) -> CuelockError:
    """A line whose range is none."""
    return CuelockError(
        "request.range",
        f"Line {line} of {path.name} has an out point that does not lie after its in point.",
        hint="The out point is exclusive: the first frame that is not wanted any more.",
    )


def overlap(path: Path, line: int, later: int, label: str) -> CuelockError:
    """Two lines that fill the same frame of a track."""
    return CuelockError(
        "request.range",
        f"Lines {line} and {later} of {path.name} both fill the frame {label}.",
        hint="A frame of a timeline shows one thing: shorten or remove one of the two.",
    )
