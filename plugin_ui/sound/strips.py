"""What is mixed: strips, each with the sound of one file, of the clip, or of a running job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from media.clip import Clip


class Heard(NamedTuple):
    """The sound of a layer that a running job makes, and that may still grow."""

    job: str
    layer: str
    variation: int = 0


#: A sound file, a clip's own sound, or a job's.
Origin = Path | Clip | Heard


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One sound of the mix.

    start_sample: when its first sample is heard, in samples at 48 kHz from the clip's first
    picture. solo: while any strip has it, those that have it are heard alone.
    """

    name: str
    origin: Origin
    start_sample: int = 0
    gain_db: float = 0.0
    mute: bool = False
    solo: bool = False


#: Samples [start, stop) of an origin: float32 [stop - start, 2], zero where it has none.
Read = Callable[[Origin, int, int], np.ndarray]


def gains(strips: Sequence[Strip]) -> list[float]:
    """The factor of each strip, 0 for those that are not heard.

    >>> steps, doors = Strip(name="steps", origin=Path("a.wav")), Heard("1", "doors")
    >>> gains([steps, Strip(name="doors", origin=doors, solo=True)])
    [0.0, 1.0]
    """
    alone = any(strip.solo for strip in strips)
    heard = (not strip.mute and (strip.solo or not alone) for strip in strips)
    return [
        10 ** (strip.gain_db / 20) if on else 0.0 for strip, on in zip(strips, heard, strict=True)
    ]


def rendered(strips: Sequence[Strip], read: Read, start: int, stop: int) -> np.ndarray:
    """Each strip as it is heard at the clip's samples [start, stop): float32 [strips, n, 2].

    Their sum is the mix, at full scale 1 and not limited.
    """
    blocks = np.zeros((len(strips), stop - start, 2), np.float32)
    for block, strip, gain in zip(blocks, strips, gains(strips), strict=True):
        if gain:
            begin = start - strip.start_sample
            np.multiply(read(strip.origin, begin, begin + stop - start), np.float32(gain), block)
    return blocks
