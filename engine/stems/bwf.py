"""Broadcast Wave: 24-bit PCM with time reference, iXML and provenance; RF64 beyond 4 GB.

Written in blocks beside its place and renamed into it, so that a file is whole or not there.
Sources: EBU Tech 3285 v2 (bext), EBU Tech 3306 (RF64, ds64), iXML 3.0, Adobe XMP part 3 (_PMX).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple
from xml.etree import ElementTree as ET

import msgspec
import numpy as np

from engine.stems.level import Loudness
from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate

ORIGINATOR = "cuelock"
AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
SAMPLE_RATE = 48_000
RIFF_LIMIT = 0xFFFF_FFFF
_UNKNOWN = 0x7FFF  # bext loudness value "not set"
_BYTES = 3
_FULL = 2**23 - 1


class StemInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a stem's chunks say. time_reference: samples since midnight of its first sample.

    date: "yyyy-mm-dd hh:mm:ss" of the picture it was made for, so that the same request gives
    the same bytes; curves_sha256: of the curves file it follows.
    """

    clip: str
    layer: str
    take: str
    time_reference: int
    rate: Rate
    channels: int
    samples: int
    date: str
    bundle: str
    licence: str
    seed: int
    curves_sha256: str


def write_stem(
    path: Path,
    blocks: Iterable[np.ndarray],
    info: StemInfo,
    loudness: Loudness,
    *,
    riff_limit: int = RIFF_LIMIT,
) -> None:
    """Write blocks float [n] or [n, channels] (full scale 1) to path.

    Raises CuelockError internal.length when the blocks do not hold info.samples frames,
    internal.clipped when one goes beyond full scale, disk.full and disk.readonly.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            _write(file, blocks, info, loudness, riff_limit)
        part.replace(path)
    except OSError as error:
        raise _disk(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _write(
    file: BinaryIO,
    blocks: Iterable[np.ndarray],
    info: StemInfo,
    loudness: Loudness,
    riff_limit: int,
) -> None:
    data_bytes = info.samples * info.channels * _BYTES
    before = _chunk(b"bext", _bext(info, loudness)) + _chunk(b"fmt ", _format(info.channels))
    after = bytes(data_bytes % 2) + _chunk(b"iXML", _ixml(info)) + _chunk(b"_PMX", _xmp(info))
    # "WAVE", the 28 bytes kept for ds64 with their header, and the data chunk's header.
    size = 4 + 8 + 28 + len(before) + 8 + data_bytes + len(after)
    large = size > riff_limit
    ds64 = struct.pack("<QQQI", size, data_bytes, info.samples, 0)
    file.write(b"RF64" if large else b"RIFF")
    file.write(struct.pack("<I", RIFF_LIMIT if large else size) + b"WAVE")
    file.write(_chunk(b"ds64", ds64) if large else _chunk(b"JUNK", bytes(28)))
    file.write(before + b"data" + struct.pack("<I", RIFF_LIMIT if large else data_bytes))
    written = 0
    for block in blocks:
        frames = np.asarray(block).reshape(-1, info.channels)
        file.write(pcm24(frames))
        written += len(frames)
    if written != info.samples:
        raise CuelockError(
            "internal.length",
            f"The stem has {written} samples where {info.samples} were due.",
            hint="Please report this with the command that led here.",
        )
    file.write(after)
    file.flush()


def read_samples(path: Path, start: int, stop: int) -> np.ndarray:
    """Mono samples [start, stop) float32 of a stem; written again they are the same bytes.

    Raises CuelockError blob.checksum when the file is no such stem.
    """
    import soundfile

    try:
        whole, _ = soundfile.read(path, stop - start, start, dtype="int32")
    except (OSError, RuntimeError) as error:
        raise CuelockError(
            "blob.checksum",
            f"A stem of this take cannot be read: {error}.",
            hint="Look after the disk of CUELOCK_HOME; render the take again.",
        ) from error
    return (np.right_shift(whole, 8) / _FULL).astype(np.float32)


def pcm24(sound: np.ndarray) -> bytes:
    """Interleaved little-endian 24-bit samples, rounded to nearest.

    Raises CuelockError internal.non_finite and internal.clipped.
    """
    if not np.isfinite(sound).all():
        raise _defect("internal.non_finite", "The stem has values that are no numbers")
    if np.abs(sound).max(initial=0.0) > 1.0:
        raise _defect("internal.clipped", "The stem goes beyond full scale")
    whole = np.round(sound.astype(np.float64) * _FULL).astype("<i4")
    return whole.reshape(-1, 1).view(np.uint8)[:, :_BYTES].tobytes()


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _even(text: bytes) -> bytes:
    """libsndfile reads no further in an RF64 file whose bext has an odd size."""
    return text + bytes(len(text) % 2)


def _format(channels: int) -> bytes:
    frame = channels * _BYTES
    return struct.pack("<HHIIHH", 1, channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 24)


def _bext(info: StemInfo, loudness: Loudness) -> bytes:
    date, _, clock = info.date.partition(" ")
    history = f"A=PCM,F={SAMPLE_RATE},W=24,M={'mono' if info.channels == 1 else 'stereo'},T=cuelock"
    values = (
        loudness.integrated_lufs, loudness.range_lu, loudness.true_peak_dbtp,
        loudness.momentary_lufs, loudness.short_term_lufs,
    )  # fmt: skip
    return (
        _ascii(f"{info.layer} for {info.clip}, take {info.take}", 256)
        + _ascii(ORIGINATOR, 32)
        + _ascii(info.take, 32)
        + _ascii(date, 10)
        + _ascii(clock, 8)
        + struct.pack("<QH", info.time_reference, 2)
        + bytes(64)
        + struct.pack("<5h", *(_hundredths(value) for value in values))
        + bytes(180)
        + _even((history + "\r\n").encode("ascii"))
    )


class _Text(NamedTuple):
    tag: str
    text: str


def _ixml(info: StemInfo) -> bytes:
    root = ET.Element("BWFXML")
    _add(root, [_Text("IXML_VERSION", "3.0"), _Text("PROJECT", ORIGINATOR)])
    _add(root, [_Text("SCENE", info.clip), _Text("TAKE", info.take), _Text("TAPE", "")])
    _add(root, [_Text("NOTE", f"cuelock take {info.take}")])
    high, low = divmod(info.time_reference, 2**32)
    _add(
        ET.SubElement(root, "SPEED"),
        [
            _Text("MASTER_SPEED", f"{info.rate.numerator}/{info.rate.denominator}"),
            _Text("CURRENT_SPEED", f"{info.rate.numerator}/{info.rate.denominator}"),
            _Text("TIMECODE_RATE", f"{info.rate.numerator}/{info.rate.denominator}"),
            _Text("TIMECODE_FLAG", "DF" if info.rate.drop else "NDF"),
            _Text("FILE_SAMPLE_RATE", str(SAMPLE_RATE)),
            _Text("AUDIO_BIT_DEPTH", "24"),
            _Text("DIGITIZER_SAMPLE_RATE", str(SAMPLE_RATE)),
            _Text("TIMESTAMP_SAMPLE_RATE", str(SAMPLE_RATE)),
            _Text("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", str(high)),
            _Text("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", str(low)),
        ],
    )
    tracks = ET.SubElement(root, "TRACK_LIST")
    _add(tracks, [_Text("TRACK_COUNT", str(info.channels))])
    for channel in range(1, info.channels + 1):
        name = info.layer if info.channels == 1 else f"{info.layer} {'LR'[channel - 1]}"
        _add(
            ET.SubElement(tracks, "TRACK"),
            [
                _Text("CHANNEL_INDEX", str(channel)),
                _Text("INTERLEAVE_INDEX", str(channel)),
                _Text("NAME", name),
            ],
        )
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_OURS = "https://ns.cuelock.example/1.0/"


def _xmp(info: StemInfo) -> bytes:
    for prefix, space in (("rdf", _RDF), ("Iptc4xmpExt", _IPTC), ("xmp", _XMP), ("cuelock", _OURS)):
        ET.register_namespace(prefix, space)
    ET.register_namespace("x", "adobe:ns:meta/")
    meta = ET.Element("{adobe:ns:meta/}xmpmeta")
    about = ET.SubElement(
        ET.SubElement(meta, f"{{{_RDF}}}RDF"), f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}
    )
    _add(
        about,
        [
            _Text(f"{{{_IPTC}}}DigitalSourceType", AI_SOURCE),
            _Text(f"{{{_XMP}}}CreatorTool", ORIGINATOR),
            _Text(f"{{{_OURS}}}Bundle", info.bundle),
            _Text(f"{{{_OURS}}}BundleLicence", info.licence),
            _Text(f"{{{_OURS}}}Take", info.take),
            _Text(f"{{{_OURS}}}Layer", info.layer),
            _Text(f"{{{_OURS}}}Seed", str(info.seed)),
            _Text(f"{{{_OURS}}}CurvesSHA256", info.curves_sha256),
        ],
    )
    packet = ET.tostring(meta, encoding="unicode")
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{begin}{packet}<?xpacket end="r"?>'.encode()


def _add(parent: ET.Element, texts: list[_Text]) -> None:
    for tag, text in texts:
        ET.SubElement(parent, tag).text = text


def _ascii(text: str, width: int) -> bytes:
    return text.encode("ascii", "replace")[:width].ljust(width, b"\0")


def _hundredths(value: float | None) -> int:
    return _UNKNOWN if value is None else int(np.clip(round(value * 100), -32_768, 32_766))


def _defect(code: str, what: str) -> CuelockError:
    return CuelockError(code, f"{what}.", hint="Please report this with the command that led here.")


def _disk(path: Path, error: OSError) -> CuelockError:
    full = error.errno is not None and error.strerror is not None and "space" in error.strerror
    return CuelockError(
        "disk.full" if full else "disk.readonly",
        f"{path.name} cannot be written: {error.strerror or error}.",
        hint="Free some space."
        if full
        else f"Choose a folder you may write; {path.parent} is not.",
        retryable=True,
    )
