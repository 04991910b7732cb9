"""Sound laid on made picture: real recordings at the moments, as loud as what is seen is strong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from engine.melqcd.curves import Curves, curves_of_sound
from engine.melqcd.spec import SMALL
from engine.picture.features import GRID, PictureFeatures
from engine.train.sounds import SAMPLE_RATE, SoundLibrary

SECONDS = 6  # of every made scene
BEDS = (
    "ambience_city", "ambience_forest", "ambience_night", "ambience_room", "ambience_sea", "rain",
    "wind", "fire", "water_flow", "crowd", "ambience_cave", "insects", "applause",
)  # fmt: skip
_BED_DB = (-75.0, -50.0)


class Happening(NamedTuple):
    """One event: seconds from the scene's start, force 0..1."""

    seconds: float
    force: float


class MadeExample(NamedTuple):
    """One training pair. motion, cuts as PictureFeatures; onsets in seconds; words "" for all."""

    features: PictureFeatures
    curves: Curves
    words: str
    focus: np.ndarray
    onsets: list[float]


def chosen(kinds: Sequence[str], library: SoundLibrary, rng: np.random.Generator) -> int:
    """A recording of one of these classes."""
    kind = str(rng.choice([kind for kind in kinds if kind in library.by_kind]))
    return int(rng.choice(library.by_kind[kind]))


def struck(
    happenings: Sequence[Happening], library: SoundLibrary, clip: int, rng: np.random.Generator
) -> np.ndarray:
    """A recording or its siblings at every event, the attack on its moment: float32 [samples]."""
    sound = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    takes = library.siblings(clip)
    for happening in happenings:
        take = first_event(library[int(rng.choice(takes))].samples)
        at = round(happening.seconds * SAMPLE_RATE) - attack(take)
        begin, end = max(0, at), min(len(sound), at + len(take))
        if begin < end:
            sound[begin:end] += take[begin - at : end - at] * np.float32(0.35 * happening.force)
    return sound


def going_on(
    levels: np.ndarray, library: SoundLibrary, clip: int, rng: np.random.Generator
) -> np.ndarray:
    """A recording as loud as levels 0..1, 100 a second: float32 [samples]."""
    bed = _looped(library[clip].samples, rng)
    level = np.interp(np.arange(len(bed)) / SAMPLE_RATE, np.arange(len(levels)) * 0.01, levels)
    return (0.25 * bed * level**1.5).astype(np.float32)


def begins(levels: np.ndarray) -> list[float]:
    """Seconds at which what goes on begins."""
    return (np.flatnonzero((levels[1:] > 0.05) & (levels[:-1] <= 0.05)) * 0.01).tolist()


def attack(sound: np.ndarray) -> int:
    """Sample at which a recording's loudest rise begins: its level first passes a quarter of
    the peak of its first 1.5 s."""
    level = np.abs(sound[: int(1.5 * SAMPLE_RATE)])
    return int(np.argmax(level >= 0.25 * level.max()))


def first_event(sound: np.ndarray) -> np.ndarray:
    """A recording up to where it is struck again: its level in 10-ms pieces, 120 ms or more
    after the attack, at once jumps by 12 dB to more than a quarter of the peak."""
    hop = SAMPLE_RATE // 100
    pieces = np.abs(sound[: len(sound) // hop * hop]).reshape(-1, hop).max(axis=1)
    before = np.minimum(pieces[:-3], pieces[1:-2])
    again = (pieces[3:] > 4 * before) & (pieces[3:] > 0.25 * pieces.max(initial=0))
    again[: attack(sound) // hop + 9] = False
    if not again.any():
        return sound
    first = sound[: (int(np.argmax(again)) + 2) * hop].copy()
    first[-hop:] *= np.linspace(1, 0, hop, dtype=np.float32)
    return first


def example(
    features: PictureFeatures,
    sound: np.ndarray,
    words: str,
    focus: np.ndarray,
    onsets: Sequence[float],
    rng: np.random.Generator,
) -> MadeExample:
    """Curves of the sound over a faint bed of noise, as real recordings have one."""
    bed = rng.normal(size=len(sound)) * 10 ** (rng.uniform(*_BED_DB) / 20)
    heard = np.clip(sound + bed, -1, 1).astype(np.float32)
    curves = curves_of_sound(torch.from_numpy(heard), SMALL)
    inside = [onset for onset in onsets if 0 <= onset < SECONDS]
    return MadeExample(features, curves, words, focus, inside)


def bed_example(
    features: PictureFeatures, library: SoundLibrary, rng: np.random.Generator
) -> MadeExample:
    """Ambience that has nothing to do with the picture."""
    clip = chosen(BEDS, library, rng)
    bed = _looped(library[clip].samples, rng) * np.float32(10 ** (rng.uniform(-26, -14) / 20))
    return example(features, bed, library[clip].caption, np.ones(GRID, np.float32), [], rng)


def _looped(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A recording as long as a scene, from a random place, its ends cross-faded."""
    needed = SECONDS * SAMPLE_RATE
    fade = min(len(sound) // 4, SAMPLE_RATE // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    loop = sound.copy()
    loop[:fade] = loop[:fade] * ramp + loop[len(loop) - fade :] * (1 - ramp)
    loop = loop[: len(loop) - fade]
    start = int(rng.integers(len(loop)))
    return np.resize(np.roll(loop, -start), needed)
