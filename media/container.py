"""Media files opened, and walked packet by packet. What FFmpeg may say becomes words here."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from host_bridge.errors import CuelockError

log = logging.getLogger(__name__)

#: What FFmpeg would open besides a media file: text drawn as pictures, and lists that name other
#: files or addresses.
_REFUSED_FORMATS = frozenset(
    {"tty", "bin", "xbin", "adf", "idf", "image2", "image2pipe"}
    | {"hls", "dash", "concat", "imf", "sdp", "rtp", "rtsp", "webm_dash_manifest", "lavfi"}
)
_FORMATS = ",".join(sorted(av.formats_available - _REFUSED_FORMATS))
#: First boxes of MP4 and QuickTime files (ISO/IEC 14496-12; Apple QuickTime File Format).
_QUICKTIME_BOXES = frozenset({b"ftyp", b"mdat", b"wide", b"free", b"skip"})
#: Sample entries of encrypted picture and sound (ISO/IEC 14496-12 section 8.12, Apple FairPlay).
_ENCRYPTED_TAGS = frozenset({"encv", "enca", "drmi", "drms"})


def open_container(path: str | Path) -> InputContainer:
    """Open a media file for reading, and only that file: nothing it may refer to.

    Raises CuelockError: media.missing, request.path, media.empty, media.truncated,
    media.encrypted, media.unreadable.
    """
    path = Path(path)
    _check_file(path)
    try:
        container = av.open(
            f"file:{path.resolve()}",
            options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
            metadata_errors="replace",
        )
    except FFmpegError as error:
        raise (_no_index(path) if _is_quicktime(path) else unreadable(path)) from error
    if any(
        stream.codec_context and stream.codec_tag in _ENCRYPTED_TAGS for stream in container.streams
    ):
        container.close()
        raise _encrypted(path)
    return container


def moving_picture(container: InputContainer) -> VideoStream | None:
    """The first stream that is picture in time: no cover, no thumbnail, no still image."""
    if container.format.name.endswith("_pipe"):
        return None
    stills = Disposition.attached_pic | Disposition.timed_thumbnails
    return next((s for s in container.streams.video if not s.disposition & stills), None)


def packet_pts(packet: Packet[VideoStream]) -> int | None:
    """When a packet is presented, in ticks; where the container does not say (AVI), its dts."""
    return packet.dts if packet.pts is None else packet.pts


@overload
def packets_from(
    container: InputContainer, stream: VideoStream, pts: int | None
) -> Iterator[Packet[VideoStream]]: ...
@overload
def packets_from(
    container: InputContainer, stream: AudioStream, pts: int | None
) -> Iterator[Packet[AudioStream]]: ...
def packets_from(container: InputContainer, stream: Any, pts: int | None) -> Iterator[Packet[Any]]:
    """Packets from the demuxer's seek point for `pts` on, to where the data ends or breaks.

    pts: in ticks; None in a container just opened: from its very first packet.
    Raises CuelockError media.encrypted.
    """
    try:
        if pts is not None:
            container.seek(pts, stream=stream)
        for packet in container.demux(stream):
            if packet.has_sidedata("encryption_info"):
                raise _encrypted(Path(container.name))
            if packet.size:
                yield packet
    except FFmpegError as error:
        log.warning("%s breaks off: %s", container.name, error)


@overload
def decoded(stream: VideoStream, packet: Packet[VideoStream] | None) -> list[VideoFrame]: ...
@overload
def decoded(stream: AudioStream, packet: Packet[AudioStream] | None) -> list[AudioFrame]: ...
def decoded(stream: Any, packet: Packet[Any] | None) -> list[Any]:
    """What a packet, or with None the end, brings out of a decoder; nothing where it is damaged."""
    try:
        return stream.decode(packet)
    except FFmpegError as error:
        log.warning("damaged data at %s is left out: %s", packet and packet.pts, error)
        return []


def places_back(pts: int, first: int, time_base: Fraction) -> Iterator[int]:
    """Where to seek for a packet at or before `pts`: there, then ever further back, in ticks.

    >>> list(places_back(5000, 0, Fraction(1, 1000)))
    [5000, 4000, 2000, 0]
    """
    step = max(1, int(1 / time_base))
    while pts > first:
        yield pts
        pts -= step
        step *= 2
    yield first


def unreadable(path: Path) -> CuelockError:
    return CuelockError(
        "media.unreadable",
        f"{path.name} is no media file that can be decoded.",
        hint="Name a movie or sound file, for example .mov, .mp4, .mkv, .mxf or .wav.",
    )


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte
        raise CuelockError(
            "media.missing", f"There is no file {path}.", hint="Check the path."
        ) from None
    except OSError as error:
        raise CuelockError(
            "request.path",
            f"{path} cannot be read: {error.strerror}.",
            hint="Allow your user to read the file, or copy it to where it may be read.",
        ) from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise CuelockError("request.path", f"{path} is {kind}.", hint="Name a media file.")
    if found.st_size == 0:
        raise CuelockError(
            "media.empty",
            f"{path.name} has no bytes.",
            hint="Copy or export the clip again; the last attempt left an empty file.",
        )


def _encrypted(path: Path) -> CuelockError:
    return CuelockError(
        "media.encrypted",
        f"{path.name} is encrypted.",
        hint="Export an unprotected copy from where the clip was bought or made.",
    )


def _no_index(path: Path) -> CuelockError:
    return CuelockError(
        "media.truncated",
        f"{path.name} breaks off before its index, so no picture in it can be found.",
        hint="Copy or export the clip again and wait until that is finished.",
    )


def _is_quicktime(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] in _QUICKTIME_BOXES
