"""A clip: what a media file says about its picture, its length and its timecode."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate, frame_of_label
from media.clock import Clock, read_clock
from media.container import (
    decoded,
    moving_picture,
    open_container,
    packets_from,
    unreadable,
)

log = logging.getLogger(__name__)


class Orientation(NamedTuple):
    """How the coded picture becomes the shown one: transposed first, then flipped."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        """rgb: [h, w, 3] as coded. Returns it as shown, contiguous."""
        if self.transpose:
            rgb = rgb.transpose(1, 0, 2)
        rgb = rgb[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]
        return np.ascontiguousarray(rgb)


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A media file with moving picture.

    width, height: as shown, after rotation and with square pixels.
    frames: how many of the clock's rate the clip has. start_timecode: of the first frame, as the
    file tells it. stream: which of the file's streams the picture is.
    """

    path: Path
    width: int
    height: int
    clock: Clock
    frames: int
    start_timecode: str | None
    has_sound: bool
    orientation: Orientation
    stream: int

    @property
    def rate(self) -> Fraction:
        """Frames a second, one of RATES."""
        return self.clock.rate

    @property
    def variable_rate(self) -> bool:
        """Whether pictures do not come one a frame."""
        return self.clock.variable_rate

    @property
    def drop(self) -> bool:
        """Whether the clip's own timecode counts drop-frame."""
        return _is_drop(self.start_timecode or "")

    @property
    def rotation(self) -> int:
        """Degrees clockwise from the coded picture to the shown one (a mirror left aside)."""
        if self.orientation.transpose:
            return 90 if self.orientation.flip_x else 270
        return 180 if self.orientation.flip_y else 0

    @property
    def start_seconds(self) -> Fraction:
        """Where the first picture stands on the file's own clock."""
        return self.clock.first_pts * self.clock.time_base

    def frames_at(self, rate: Fraction) -> int:
        """Frames of another rate that begin before the clip ends."""
        return math.ceil(self.frames * rate / self.rate)


def open_clip(path: str | Path) -> Clip:
    """Look at a media file: its first picture is decoded, its end is looked for.

    Raises CuelockError for every file that is no clip: media.missing, media.empty,
    media.unreadable, media.truncated, media.no_video, media.encrypted, request.path.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = moving_picture(container)
        if stream is None:
            raise CuelockError(
                "media.no_video",
                f"{path.name} has no moving picture.",
                hint="Name a movie; a sound can guide one with --guide.",
            )
        first, first_pts, first_dts = _first_picture(path, container, stream)
        orientation = _orientation(first)
        width, height = _shown_size(first, stream.sample_aspect_ratio, orientation)
        clock, frames = read_clock(container, stream, first_pts=first_pts, first_dts=first_dts)
        return Clip(
            path=path,
            width=width,
            height=height,
            clock=clock,
            frames=frames,
            start_timecode=_timecode(container, stream, clock.rate),
            has_sound=bool(container.streams.audio),
            orientation=orientation,
            stream=stream.index,
        )


def check_range(clip: Clip, start: int, stop: int, *, rate: Fraction | None = None) -> None:
    """Refuse what is no range [start, stop) of the clip, in frames of `rate` (its own if None).

    Raises CuelockError request.range.
    """
    frames = clip.frames_at(rate or clip.rate)
    if stop <= start:
        raise CuelockError(
            "request.range",
            f"The range from frame {start} to frame {stop} has no length.",
            hint="Set the out point after the in point.",
        )
    if start < 0 or stop > frames:
        raise CuelockError(
            "request.range",
            f"The range from frame {start} to frame {stop} leaves {clip.path.name}, "
            f"which has {frames} frames.",
            hint=f"Choose in and out points between frame 0 and frame {frames} of the clip; "
            "check its start timecode and rate.",
        )


def _first_picture(
    path: Path, container: InputContainer, stream: VideoStream
) -> tuple[VideoFrame, int, int]:
    """The first picture, its pts and the first packet's dts; shows that decoding works at all."""
    if not stream.codec_context:
        raise unreadable(path)
    first_dts: int | None = None
    for packet in chain(packets_from(container, stream, None), [None]):
        if first_dts is None and packet is not None:
            first_dts = packet.dts
        for picture in decoded(stream, packet):
            if picture.pts is None:
                raise CuelockError(
                    "media.unreadable",
                    f"{path.name} does not say when its pictures are shown.",
                    hint="Wrap the bare stream into a .mov or .mkv file.",
                )
            return picture, picture.pts, picture.pts if first_dts is None else first_dts
    raise CuelockError(
        "media.empty",
        f"{path.name} has no picture that can be decoded.",
        hint="Copy or export the clip again.",
    )


def _orientation(picture: VideoFrame) -> Orientation:
    """From the display matrix [[a, b], [c, d]]: x' = a x + c y, y' = b x + d y (libavutil)."""
    if "DISPLAYMATRIX" not in picture.side_data:
        return Orientation()
    matrix = picture.side_data["DISPLAYMATRIX"]
    (a, b), (c, d) = np.frombuffer(matrix, np.int32).reshape(3, 3)[:2, :2].tolist()
    if abs(b) > abs(a):
        return Orientation(transpose=True, flip_x=c < 0, flip_y=b < 0)
    return Orientation(flip_x=a < 0, flip_y=d < 0)


def _shown_size(
    picture: VideoFrame, pixel_aspect: Fraction | None, orientation: Orientation
) -> tuple[int, int]:
    width, height = round(picture.width * (pixel_aspect or 1)), picture.height
    return (height, width) if orientation.transpose else (width, height)


def _timecode(container: InputContainer, stream: VideoStream, rate: Fraction) -> str | None:
    """The `timecode` tag of a timecode track, of the picture or of the container.

    Tags that are no label at this rate are passed over.
    """
    tracks = (*container.streams.data, stream, container)
    tags = (tag for track in tracks for tag in track.metadata.items())
    for label in (value.strip() for name, value in tags if name.lower() == "timecode"):
        try:
            frame_of_label(label, Rate.of(rate, drop=_is_drop(label)))
        except CuelockError as error:
            log.warning("%s: its timecode tag is left aside: %s", container.name, error)
        else:
            return label
    return None


def _is_drop(label: str) -> bool:
    """Whether a label is written as drop-frame: 01:00:00;02, by some programs 01:00:00.02."""
    return ":" not in label[8:] and label != ""
