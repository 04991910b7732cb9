"""Preview movie: the clip's own picture packets, untouched, with the new sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet

from engine.stems.level import RATE, Spool

_AAC_FRAME = 1024


def write_preview(
    path: Path, clip: Path, start: Fraction, stop: Fraction, stems: list[Spool], skip: int
) -> None:
    """Mux the picture of [start, stop) seconds of the clip with the stems' sum into an mp4.

    Picture packets are copied from the key picture at or before start; an edit list makes players
    begin with the picture on the screen at start, and sound begins at start to the sample. The
    sum is brought below full scale by one gain. skip: samples of the stems that lie before start.
    """
    part = path.with_name(path.name + ".part")
    try:
        with av.open(str(clip)) as source, av.open(str(part), "w", format="mp4") as target:
            video = source.streams.video[0]
            shown = target.add_stream_from_template(video)
            # The encoder's thorough way takes twice as long, for rates far below this one.
            fast = {"aac_coder": "fast"}
            sound = target.add_stream("aac", rate=RATE, layout="mono", options=fast)
            sound.bit_rate = 160_000
            base = video.time_base or Fraction(1, 90_000)
            begin = (video.start_time or 0) + round(start / base)
            last = begin + round((stop - start) / base)
            origin = _shown_at(source, begin)
            for packet in _picture_packets(source, origin, last):
                packet.pts = (packet.pts or 0) - origin
                packet.dts = (packet.dts or 0) - origin
                packet.stream = shown
                target.mux(packet)
            late = round((begin - origin) * base * RATE)
            for frame in _sound_frames(stems, skip, round((stop - start) * RATE), late):
                target.mux(sound.encode(frame))
            target.mux(sound.encode(None))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _picture_packets(source: InputContainer, origin: int, last: int) -> Iterator[Packet]:
    """Packets from the key picture at or before origin to the last that is shown before `last`."""
    video = source.streams.video[0]
    source.seek(origin, stream=video, backward=True)
    later: list[Packet] = []
    for packet in source.demux(video):
        if packet.pts is None or packet.dts is None:
            continue
        if packet.dts >= last:
            return
        later.append(packet)
        if packet.pts < last:
            yield from later
            later = []


def _shown_at(source: InputContainer, moment: int) -> int:
    """Time stamp of the picture on the screen at a moment, in the picture's time base."""
    video = source.streams.video[0]
    source.seek(moment, stream=video, backward=True)
    stamps: list[int] = []
    for packet in source.demux(video):
        if packet.pts is None or packet.dts is None or packet.dts > moment:
            break
        stamps.append(packet.pts)
    return max((stamp for stamp in stamps if stamp <= moment), default=moment)


def _sound_frames(stems: list[Spool], skip: int, length: int, late: int) -> Iterator[av.AudioFrame]:
    """The stems' sum from `skip` on, so many samples, beginning `late` samples in."""
    block = _AAC_FRAME * 256
    loudest = max(
        (
            float(np.abs(_mix(stems, skip + at, block)).max(initial=0))
            for at in range(0, length, block)
        ),
        default=0.0,
    )
    gain = min(1.0, 0.98 / max(loudest, 1e-9))
    for at in range(0, length, block):
        mixed = (_mix(stems, skip + at, block)[: length - at] * gain).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(mixed[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, late + at
        frame.time_base = Fraction(1, RATE)
        yield frame


def _mix(stems: list[Spool], start: int, samples: int) -> np.ndarray:
    return np.sum([stem.read(start, start + samples) for stem in stems], axis=0)
