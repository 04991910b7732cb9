"""The sound of a media file as mono samples, in step with its picture; streamed, resampled."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.container import decoded, open_container, packets_from

#: Coders that carry state (AAC, Opus, MP3) sound right so long after a seek (Opus: RFC 7845, 4.6).
_PREROLL_SECONDS = Fraction(1, 4)
#: Time stamps may jitter by their container's rounding; what is more is a gap.
_GAP_SECONDS = Fraction(1, 50)


def sound(
    source: Clip | str | Path,
    start_seconds: Fraction | None = None,
    duration: Fraction | None = None,
    *,
    sample_rate: int,
) -> np.ndarray:
    """Samples of a stretch of sound: float32 [round(duration * sample_rate)], mono, full scale 1.

    start_seconds: from a clip's first picture, or from the first sample of a mere sound file; None:
    from that start. duration: None: to where the sound ends. Where there is no sound (it begins
    later than the picture, or ends earlier) the samples are zero. Channels are averaged.
    Raises CuelockError: media.no_sound, request.range for an empty stretch or one wholly after the
    end, and what open_container raises.
    """
    start = start_seconds or Fraction(0)
    path = source.path if isinstance(source, Clip) else Path(source)
    if start < 0 or (duration is not None and round(duration * sample_rate) <= 0):
        raise CuelockError(
            "request.range",
            "The wanted stretch of sound has no length or starts before the file does.",
            hint="Set the out point after the in point.",
        )
    with open_container(path) as container:
        stream = _sound_stream(container, path)
        origin = source.start_seconds if isinstance(source, Clip) else _first_seconds(stream)
        stop = None if duration is None else round(duration * sample_rate)
        blocks = _blocks(container, stream, origin + start, sample_rate)
        samples = _placed(blocks, stop)
    if samples is None:
        raise CuelockError(
            "request.range",
            f"The sound of {path.name} ends before {float(start):.2f} s.",
            hint="Choose an earlier start.",
        )
    return samples


def _sound_stream(container: InputContainer, path: Path) -> AudioStream:
    if not container.streams.audio:
        raise CuelockError(
            "media.no_sound",
            f"{path.name} has no sound.",
            hint="Name a file with sound, for example a .wav.",
        )
    return container.streams.audio[0]


def _first_seconds(stream: AudioStream) -> Fraction:
    return (stream.start_time or 0) * (stream.time_base or Fraction(0))


def _nearest(sample: Fraction) -> int:
    """Halves up, as frames go to samples; rounding halves to even would not tile."""
    return floor(sample + Fraction(1, 2))


def _blocks(
    container: InputContainer, stream: AudioStream, start: Fraction, sample_rate: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Decoded mono blocks from about `start` on, each with its first sample counted from there.

    Blocks follow each other without a seam; over a gap in the file the count starts afresh.
    """
    time_base = stream.time_base or Fraction(1, stream.rate)
    seek_to = max(start - _PREROLL_SECONDS, _first_seconds(stream))
    resampler, position, expected = AudioResampler(), 0, None
    for packet in packets_from(container, stream, int(seek_to / time_base)):
        for frame in decoded(stream, packet):
            begins = expected if frame.pts is None else frame.pts * time_base
            if begins is None:
                continue
            if expected is None or abs(begins - expected) > _GAP_SECONDS:
                resampler = AudioResampler(format="fltp", rate=sample_rate)
                position = _nearest(begins * sample_rate) - _nearest(start * sample_rate)
            expected = begins + Fraction(frame.samples, frame.sample_rate)
            for block in resampler.resample(frame):
                yield position, block.to_ndarray().mean(axis=0)
                position += block.samples
    if expected is not None:
        for block in resampler.resample(None):
            yield position, block.to_ndarray().mean(axis=0)
            position += block.samples


def _placed(blocks: Iterator[tuple[int, np.ndarray]], stop: int | None) -> np.ndarray | None:
    """The samples [0, stop) of placed blocks, zero where there is none. None: all end before 0."""
    parts, filled = [np.zeros(0, np.float32)], 0
    for position, samples in blocks:
        inside = samples[max(0, filled - position) :]
        if not len(inside):
            continue
        parts += [np.zeros(max(0, position - filled), np.float32), inside]
        filled = max(position, filled) + len(inside)
        if stop is not None and filled >= stop:
            break
    if not filled:
        return None
    parts.append(np.zeros(max(0, (stop or filled) - filled), np.float32))
    return np.concatenate(parts)[:stop]
