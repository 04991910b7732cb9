"""The pictures of a range, by presentation time: exact, streamed, no more decoded than needed.

The demuxer is asked for a place before the range, its packets are looked through (not decoded)
for the last key picture at or before the first wanted one, and decoding starts there. It stops
with the last packet that can hold a wanted picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, dropwhile, takewhile
from math import ceil
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from host_bridge.errors import CuelockError
from media.clip import Clip, check_range
from media.container import (
    decoded,
    open_container,
    packet_pts,
    packets_from,
    places_back,
)


class Picture(NamedTuple):
    """index: frame at the wanted rate, from the clip's first; rgb: uint8 [h, w, 3].

    Where a picture stands for several frames they share one array.
    """

    # A picture is unpacked, never searched: hiding tuple.index harms nobody.
    index: int  # pyright: ignore[reportIncompatibleMethodOverride]
    rgb: np.ndarray


class Coded(NamedTuple):
    """index: as a Picture's; picture: as the codec gave it, neither scaled nor turned."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]
    picture: VideoFrame


def pictures(
    clip: Clip, start: int, stop: int, *, rate: Fraction, size: tuple[int, int]
) -> Iterator[Picture]:
    """The pictures shown at the frames [start, stop) of `rate`, in order, one a frame.

    size: (width, height) of the pictures as shown; rotation and pixel aspect are undone.
    Raises CuelockError: request.range, media.truncated, and what open_container raises.
    """
    return Decoder(clip).pictures(start, stop, rate=rate, size=size)


class _Way(NamedTuple):
    """How to come to a picture: from where to seek, over which key picture; in ticks.

    key: the last at or before it; None where none is marked: then the first picture there is.
    shown: the picture itself, the last begun at the wanted time.
    """

    place: int
    key: int | None
    shown: int | None

    def passes(self, packet: Packet[VideoStream] | None) -> bool:
        """Whether a packet's picture lies before the wanted one."""
        if packet is None or packet.pts is None or self.shown is None:
            return False
        return packet.pts < self.shown


class Decoder:
    """Decodes ranges of one clip. decoded: how many pictures the codec has given so far."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.decoded = 0

    def pictures(
        self, start: int, stop: int, *, rate: Fraction, size: tuple[int, int]
    ) -> Iterator[Picture]:
        """As the function `pictures`; the range is checked now, not at the first picture."""
        check_range(self.clip, start, stop, rate=rate)
        return self._pictures(start, stop, rate, Converter(self.clip, size))

    def coded(
        self, container: InputContainer, start: int, stop: int, *, rate: Fraction
    ) -> Iterator[Coded]:
        """What is shown at the frames [start, stop) of `rate`, one a frame, as the codec gave it.

        container: the clip's, open. It may serve one range after another; a new one ends the last.
        Raises CuelockError media.truncated.
        """
        stream = self._stream(container)
        way = self._way(container, stream, start / rate)
        index, held = start, None
        for picture in self._decode(container, stream, way, (stop - 1) / rate):
            # Each picture is held until the frame at which the next is shown.
            shown_from = self.clip.clock.time_of(picture.pts or 0)
            while held is not None and index < stop and index / rate < shown_from:
                yield Coded(index, held)
                index += 1
            held = picture
        while held is not None and index < stop:
            yield Coded(index, held)
            index += 1

    def key_frame(self, container: InputContainer, frame: int, *, rate: Fraction) -> int:
        """The frame of `rate` at which the key picture begins from which a frame is decoded."""
        key = self._way(container, self._stream(container), frame / rate).key
        return 0 if key is None else max(0, min(frame, ceil(self.clip.clock.time_of(key) * rate)))

    def _pictures(
        self, start: int, stop: int, rate: Fraction, converter: Converter
    ) -> Iterator[Picture]:
        with open_container(self.clip.path) as container:
            for index, picture in self.coded(container, start, stop, rate=rate):
                yield Picture(index, converter.rgb(picture))

    def _stream(self, container: InputContainer) -> VideoStream:
        stream = container.streams[self.clip.stream]
        assert isinstance(stream, VideoStream)
        return stream

    def _decode(
        self, container: InputContainer, stream: VideoStream, way: _Way, last: Fraction
    ) -> Iterator[VideoFrame]:
        """Decoded pictures along a way to that for `last`, in seconds.

        Those before the way's end that no other picture refers to are left out.
        Raises CuelockError media.truncated where the data ends before.
        """
        if not stream.codec_context.is_open:
            stream.thread_type = "AUTO"
        from_place = packets_from(container, stream, way.place)
        from_key = dropwhile(lambda p: way.key is not None and packet_pts(p) != way.key, from_place)
        wanted = takewhile(lambda p: not self._is_after(p, last), from_key)
        until = Fraction(0)
        for packet in chain(wanted, [None]):
            stream.codec_context.skip_frame = "NONREF" if way.passes(packet) else "DEFAULT"
            for picture in decoded(stream, packet):
                self.decoded += 1
                until = self._end_of(picture)
                yield picture
        if until <= last and next(from_key, None) is None:
            raise _truncated(self.clip, until)

    def _way(self, container: InputContainer, stream: VideoStream, seconds: Fraction) -> _Way:
        """Key packets lie in the order of presentation; what follows one in coding order but is
        shown before it (open groups) needs the group before, which is why its pts decides.
        """
        clock, key, shown = self.clip.clock, None, None
        place = clock.first_dts
        for place in places_back(clock.pts_near(seconds), clock.first_dts, clock.time_base):
            for packet in packets_from(container, stream, place):
                if self._is_after(packet, seconds):
                    break
                pts = packet_pts(packet)
                if pts is not None and clock.time_of(pts) <= seconds:
                    shown = pts if shown is None else max(shown, pts)
                    key = pts if packet.is_keyframe else key
            if key is not None:
                break
        return _Way(place, key, shown)

    def _is_after(self, packet: Packet[VideoStream], seconds: Fraction) -> bool:
        """Whether this packet and all after it are shown later: none is shown before its dts."""
        return packet.dts is not None and self.clip.clock.time_of(packet.dts) > seconds

    def _end_of(self, picture: VideoFrame) -> Fraction:
        lasts = (picture.duration or 0) * self.clip.clock.time_base
        return self.clip.clock.time_of(picture.pts or 0) + max(lasts, 1 / self.clip.rate)


class Converter:
    """Decoded pictures to RGB of one size, each only once."""

    def __init__(self, clip: Clip, size: tuple[int, int]) -> None:
        """size: (width, height) as shown."""
        self._orientation = clip.orientation
        self._width, self._height = reversed(size) if clip.orientation.transpose else size
        self._reformatter = VideoReformatter()
        self._last: tuple[VideoFrame, np.ndarray] | None = None

    def rgb(self, picture: VideoFrame) -> np.ndarray:
        if self._last is None or self._last[0] is not picture:
            scaled = self._reformatter.reformat(
                picture, self._width, self._height, "rgb24", interpolation=Interpolation.AREA
            )
            self._last = picture, self._orientation.apply(scaled.to_ndarray())
        return self._last[1]


def _truncated(clip: Clip, seconds: Fraction) -> CuelockError:
    return CuelockError(
        "media.truncated",
        f"The data of {clip.path.name} ends {float(seconds):.2f} s after its start, "
        "before the range does.",
        hint="Copy or export the clip again, or choose a range before that point.",
    )
