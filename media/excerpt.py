"""The bytes of a clip that a range needs: the rest of a copy may be holes.

The index of a QuickTime or MP4 file says where each picture and each stretch of sound lies. What it
names outside the range is left out and all else stays, the index itself, edit lists and timecode
among it: the copy has the same pictures at the same times, and the same frames.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip
from media.container import moving_picture, open_container, packets_from
from media.sparse import pack, unpack

#: FFmpeg looks at so much of a file before it says what is in it (probesize, analyzeduration).
_HEAD_BYTES, _HEAD_SECONDS = 5_000_000, 6
_MARGIN_SECONDS = 1  # a picture is shown at most so long after it is decoded
_GAP_BYTES = 4096  # holes that are smaller are not worth it
_WORTH_IT = 0.9  # of the file's bytes


class Extent(NamedTuple):
    """Bytes [start, stop) of a file."""

    start: int
    stop: int


@contextmanager
def archived(clip: Clip, first: Fraction, last: Fraction) -> Generator[Path | None]:
    """An archive of what is needed of a clip's file, which shows the same as the clip.

    None where only the whole file would do. Raises CuelockError disk.full or disk.readonly.
    """
    needed = extents(clip, first, last)
    with tempfile.TemporaryDirectory(prefix="cuelock-") as folder:
        archive, copy = Path(folder) / "clip.tar", Path(folder) / clip.path.name
        if needed is not None:
            pack(clip.path, needed, archive)
            unpack(archive, copy)
        faithful = needed is not None and is_faithful(clip, copy, first, last)
        copy.unlink(missing_ok=True)
        yield archive if faithful else None


def extents(clip: Clip, first: Fraction, last: Fraction) -> list[Extent] | None:
    """What is needed of a clip's file to show its pictures from `first` to `last` seconds.

    None, all of it, where a container has no such index or little would be saved.
    """
    with open_container(clip.path) as container:
        picture = moving_picture(container)
        if picture is None or "mov" not in container.format.name.split(","):
            return None
        media = [picture, *container.streams.audio]
        named = [extent for stream in media for extent in _named(stream, 0, None)]
        wanted = [extent for stream in media for extent in _head(container, stream)]
        begin, end = _indices(clip, picture, first, last)
        wanted += _named(picture, begin, end)
    size = clip.path.stat().st_size
    needed = _merged([*_complement(_merged(named), size), *wanted], _GAP_BYTES)
    kept = sum(extent.stop - extent.start for extent in needed)
    return needed if kept < _WORTH_IT * size else None


def is_faithful(clip: Clip, copy: Path, first: Fraction, last: Fraction) -> bool:
    """Whether a copy tells the same of itself, and has the same pictures from `first` to `last`."""
    try:
        told = open_clip(copy)
    except CuelockError:
        return False
    here, there = (_data(one, first, last) for one in (clip, told))
    return replace(told, path=clip.path) == clip and list(here) == list(there)


def _named(stream: Stream, begin: int, end: int | None) -> list[Extent]:
    """Where the index says that its entries [begin, end) lie."""
    entries = stream.index_entries
    count = len(entries) if end is None else min(end, len(entries))
    listed = (entries[number] for number in range(begin, count))
    return [Extent(entry.pos, entry.pos + entry.size) for entry in listed]


def _head(container: InputContainer, stream: Stream) -> Iterator[Extent]:
    """What is looked at before a file says what is in it."""
    base = stream.time_base or Fraction(1, av.time_base)
    begin, seen = (stream.start_time or 0) * base, 0
    for entry in stream.index_entries:
        if seen > _HEAD_BYTES or entry.timestamp * base > begin + _HEAD_SECONDS:
            return
        seen += entry.size
        yield Extent(entry.pos, entry.pos + entry.size)


def _indices(clip: Clip, stream: VideoStream, first: Fraction, last: Fraction) -> tuple[int, int]:
    """Entries [begin, end) of the index: from a key picture that is shown by `first`."""
    begin = end = 0
    for number, entry in enumerate(stream.index_entries):
        decoded = (entry.timestamp - clip.clock.first_pts) * clip.clock.time_base
        if entry.is_keyframe and decoded <= first - _MARGIN_SECONDS:
            begin = number
        if decoded <= last + _MARGIN_SECONDS:
            end = number + 1
    return begin, end


def _data(clip: Clip, first: Fraction, last: Fraction) -> Iterator[tuple[int | None, int, bytes]]:
    """Time stamps and data of the packets that are read for a stretch."""
    clock = clip.clock
    with open_container(clip.path) as container:
        stream = container.streams[clip.stream]
        assert isinstance(stream, VideoStream)
        read = packets_from(container, stream, clock.pts_near(first))
        for packet in takewhile(lambda one: (one.dts or 0) <= clock.pts_near(last), read):
            yield packet.pts, packet.dts or 0, bytes(packet)


def _merged(extents: Iterable[Extent], gap: int = 0) -> list[Extent]:
    """In order, those that meet as one.

    >>> _merged([Extent(8, 9), Extent(0, 2), Extent(1, 4)])
    [Extent(start=0, stop=4), Extent(start=8, stop=9)]
    """
    merged: list[Extent] = []
    for extent in sorted(extents):
        if merged and extent.start <= merged[-1].stop + gap:
            merged[-1] = Extent(merged[-1].start, max(merged[-1].stop, extent.stop))
        else:
            merged.append(extent)
    return merged


def _complement(extents: list[Extent], size: int) -> list[Extent]:
    """What of a file's bytes lies in none of the extents, which are in order and apart.

    >>> _complement([Extent(0, 4), Extent(8, 9)], 12)
    [Extent(start=4, stop=8), Extent(start=9, stop=12)]
    """
    starts, stops = [0, *(one.stop for one in extents)], [*(one.start for one in extents), size]
    return [Extent(a, b) for a, b in zip(starts, stops, strict=True) if a < b]
