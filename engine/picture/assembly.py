"""Several clips cut together as one picture: a marked range becomes a file that can be rendered.

A plain range (one clip at its own speed) is the clip itself. Anything else is assembled: a small
movie of the timeline's rate and timecode, whose every frame is the picture the timeline shows
there. Retimed clips are followed at their exact speed by the nearest frame; where the timeline
shows nothing it is black. Pictures are squeezed into one size, as whoever looks at them does.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
from av.video.stream import VideoStream

from host_bridge.errand import Seen, is_plain, seen
from host_bridge.errors import CuelockError
from host_bridge.exchange.files import whole
from host_bridge.exchange.picture import within
from host_bridge.timecode import FrameIndex, FrameRange, Rate, label_of_frame
from host_bridge.timeline import MarkedRange, Piece
from media.clip import Clip, open_clip
from media.decode import Decoder

_UNSAFE = re.compile(r"[^\w.-]+")
_MOST = 40  # signs of a timeline's name in that of a file
_LINES = 360
_GROUP = 24
_BACKWARDS = 48  # pictures that are held to be shown in reverse
# Nearly without loss: what is measured in a proxy should be what is measured in its sources.
_CODER = {"preset": "veryfast", "crf": "8"}


def shown(marked: MarkedRange, to: Path) -> Seen:
    """The picture of a marked range as a file that can be rendered.

    The source where the range is plain, else a movie in the folder `to`, which is made once: the
    same range of the same files has the same name.
    Raises CuelockError host.marks without a picture, request.range where the timeline shows more
    of a file than there is, and what open_clip raises.
    """
    part = within(marked, marked.start, marked.stop)
    if is_plain(part) or not part.pieces:
        return seen(part)
    path = to / _name(part)
    if not path.exists():
        with whole(path) as aside:
            _write(part, aside)
    frames = FrameRange(FrameIndex(0), FrameIndex(part.stop - part.start))
    return Seen(str(path), frames, _label(part))


def _label(marked: MarkedRange) -> str:
    return label_of_frame(marked.first + marked.start, marked.exact_rate)


def _rate(piece: Piece) -> Fraction:
    return Rate.parse(piece.media_rate).exact


def _name(marked: MarkedRange) -> str:
    """By what is seen: the pieces, and how large and how old their files are."""
    told = hashlib.sha256(msgspec.msgpack.encode(marked))
    for piece in marked.pieces:
        found = Path(piece.path).stat() if Path(piece.path).exists() else None
        told.update(repr(found and (found.st_size, found.st_mtime_ns)).encode())
    title = _UNSAFE.sub("-", f"{marked.timeline[:_MOST]}_{_label(marked)}")
    return f"{title}_{told.hexdigest()[:10]}.mov"


def _write(marked: MarkedRange, path: Path) -> None:
    clips = {piece.path: open_clip(piece.path) for piece in marked.pieces}
    first = clips[marked.pieces[0].path]
    height = min(_LINES, first.height) // 2 * 2
    width = max(2, height * first.width // first.height // 2 * 2)
    rate = marked.exact_rate.exact
    with av.open(str(path), "w", format="mov") as movie:
        movie.metadata["timecode"] = _label(marked)
        stream = movie.add_stream("libx264", rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options, stream.gop_size = dict(_CODER), _GROUP
        stream.codec_context.time_base = 1 / rate
        for number, rgb in enumerate(_pictures(marked, clips, (width, height))):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            movie.mux(stream.encode(frame))
        movie.mux(stream.encode(None))


def _pictures(
    marked: MarkedRange, clips: dict[str, Clip], size: tuple[int, int]
) -> Iterator[np.ndarray]:
    """What the timeline shows at each frame of the range."""
    black = np.zeros((size[1], size[0], 3), np.uint8)
    at = marked.start
    for piece in marked.pieces:
        yield from (black for _ in range(at, piece.start))
        yield from _of_piece(piece, marked.exact_rate.exact, clips[piece.path], size)
        at = piece.stop
    yield from (black for _ in range(at, marked.stop))


def _of_piece(
    piece: Piece, rate: Fraction, clip: Clip, size: tuple[int, int]
) -> Iterator[np.ndarray]:
    """A picture for each frame of a piece; frames of the file only ever rise or fall."""
    step = Fraction(piece.speed) * clip.rate / rate
    start = piece.media_start * clip.rate / _rate(piece)
    wanted = [
        math.floor(start + n * step + Fraction(1, 2)) for n in range(piece.stop - piece.start)
    ]
    # A frame of rounding at either end is no reason to refuse a clip.
    if min(wanted) < -1 or max(wanted) > clip.frames:
        raise CuelockError(
            "request.range",
            f"The timeline shows frames {min(wanted)} to {max(wanted)} of {clip.path.name}, "
            f"which has {clip.frames}.",
            hint="Perhaps it is another file of that name: name the right folder with --media.",
        )
    wanted = [min(max(frame, 0), clip.frames - 1) for frame in wanted]
    if step >= 0:
        yield from _picked(clip, wanted, size)
        return
    for end in range(0, len(wanted), _BACKWARDS):
        block = wanted[end : end + _BACKWARDS]
        yield from reversed(list(_picked(clip, block[::-1], size)))


def _picked(clip: Clip, wanted: list[int], size: tuple[int, int]) -> Iterator[np.ndarray]:
    """The pictures of rising frames of a clip, each as often as it is wanted."""
    pictures = Decoder(clip).pictures(wanted[0], wanted[-1] + 1, rate=clip.rate, size=size)
    index, rgb = next(pictures)
    for frame in wanted:
        while index < frame:
            index, rgb = next(pictures)
        yield rgb
