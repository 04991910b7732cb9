"""Small media made on the spot, every picture carrying its own number, so exactness can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

#: The number is drawn as 8 x 2 blocks: 12 bits, lowest first, then four that are always the same.
_COLUMNS, _ROWS, _BITS = 8, 2, 12
_MARK = (1, 0, 1, 1)


def numbered(number: int, width: int = 128, height: int = 64) -> np.ndarray:
    """A picture that shows a number below 4096 in dark and light blocks: uint8 [h, w, 3]."""
    bits = (*((number >> k) & 1 for k in range(_BITS)), *_MARK)
    blocks = np.array(bits, np.uint8).reshape(_ROWS, _COLUMNS) * 200 + 28
    grey = blocks.repeat(height // _ROWS, axis=0).repeat(width // _COLUMNS, axis=1)
    return np.repeat(grey[..., None], 3, axis=2)


def read_number(rgb: np.ndarray) -> int:
    """The number a picture shows, at any size. Fails where it is no upright numbered picture."""
    height, width = rgb.shape[:2]
    rows = [(2 * r + 1) * height // (2 * _ROWS) for r in range(_ROWS)]
    columns = [(2 * c + 1) * width // (2 * _COLUMNS) for c in range(_COLUMNS)]
    bits = (rgb[np.ix_(rows, columns)].mean(axis=-1) > 128).astype(int).ravel()
    assert tuple(bits[_BITS:]) == _MARK, "the picture is turned, mirrored or damaged"
    return int(sum(bit << k for k, bit in enumerate(bits[:_BITS])))


@dataclass(frozen=True, kw_only=True)
class Movie:
    """How to make a movie. Times are seconds; codec_options are x264's or another encoder's.

    times: when each picture is shown (a variable rate); None: at `rate`.
    turn: degrees counterclockwise that players are told to turn the coded picture; mirror: and to
    mirror it. Pictures are coded so that they come out upright.
    """

    rate: Fraction = Fraction(25)
    times: Sequence[Fraction] | None = None
    start: Fraction = Fraction(0)
    group: int = 48
    b_frames: int = 3
    codec: str = "libx264"
    codec_options: dict[str, str] = field(default_factory=dict[str, str])
    pixel_aspect: Fraction | None = None
    turn: int = 0
    mirror: bool = False
    timecode: str | None = None
    sound: np.ndarray | None = None
    sound_rate: int = 48_000
    container_options: dict[str, str] = field(default_factory=dict[str, str])


def write_movie(path: Path, pictures: Iterable[np.ndarray], movie: Movie | None = None) -> Path:
    """Code pictures (uint8 [h, w, 3], all of one size) into the container the name tells."""
    movie = movie or Movie()
    coded = (_as_coded(picture, movie) for picture in pictures)
    first = next(coded)
    with av.open(str(path), "w", options=movie.container_options) as container:
        if movie.timecode:
            container.metadata["timecode"] = movie.timecode
        stream = container.add_stream(movie.codec, rate=movie.rate)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.gop_size, stream.max_b_frames = movie.group, movie.b_frames
        if movie.codec == "libx264":
            stream.options = {
                "preset": "ultrafast",
                "x264-params": f"scenecut=0:keyint={movie.group}:bframes={movie.b_frames}",
            }
        stream.options = {**stream.options, **movie.codec_options}
        stream.codec_context.sample_aspect_ratio = movie.pixel_aspect or Fraction(1)
        if movie.turn or movie.mirror:
            stream.set_display_rotation(movie.turn, hflip=movie.mirror)
        tick = 1 / movie.rate if movie.times is None else Fraction(1, 90_000)
        stream.codec_context.time_base = tick
        sound = None if movie.sound is None else container.add_stream("aac", rate=movie.sound_rate)
        for i, picture in enumerate(chain([first], coded)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            shown = i / movie.rate if movie.times is None else movie.times[i]
            frame.pts, frame.time_base = round((shown + movie.start) / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and movie.sound is not None:
            samples = movie.sound.astype(np.float32)[None]
            heard = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = movie.sound_rate, 0
            container.mux(sound.encode(heard))
            container.mux(sound.encode(None))
    return path


def write_numbered(path: Path, frames: int, movie: Movie | None = None) -> Path:
    """A movie whose i-th picture shows i."""
    return write_movie(path, (numbered(i) for i in range(frames)), movie)


def _as_coded(picture: np.ndarray, movie: Movie) -> np.ndarray:
    """Undo in advance what the player will do: turn counterclockwise, then mirror."""
    if movie.mirror:
        picture = picture[:, ::-1]
    return np.ascontiguousarray(np.rot90(picture, -movie.turn // 90))
