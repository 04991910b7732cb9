"""A movie with its own sound as scenes: how its picture moves, and the curves of what is heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soxr
import torch

from engine.melqcd.curves import curves_of_sound
from engine.melqcd.onsets import RATE as ONSET_RATE
from engine.melqcd.onsets import strict_onsets
from engine.melqcd.spec import SMALL
from engine.picture.features import GRID, PictureFeatures, cut_motion, picture_features
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SAMPLE_RATE
from media.clip import open_clip
from media.sound import sound

_LEVEL = 0.25  # root mean square of the loudest second; movies play at no level in particular


class _Blind:
    """Names nothing: the predictor learns from movement."""

    features = 0

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
        return rgb.new_zeros(len(rgb), 0, dtype=torch.float32)


def examples_of(
    movie: Path,
    words: Sequence[str],
    *,
    start: float = 0.0,
    seconds: float | None = None,
    step: float = SECONDS,
    sound_late: int = 0,
) -> Iterator[list[MadeExample]]:
    """A stretch of a movie in pieces as long as a scene, each with an example for every wording.

    start, seconds: of the movie, None to its end; step: seconds from one piece to the next;
    sound_late: pictures by which the sound comes too early. Raises CuelockError media.*.
    """
    clip = open_clip(movie)
    rate = clip.rate
    end = clip.frames if seconds is None else min(clip.frames, int((start + seconds) * rate))
    begin, piece = int(start * rate), int(SECONDS * rate)
    if end - begin < piece:
        return
    watched = picture_features(clip, begin, end, rate, _Blind())
    heard = sound(clip, begin / rate, (end - begin) / rate, sample_rate=SAMPLE_RATE)
    late = round(sound_late / rate * SAMPLE_RATE)
    heard = _levelled(np.concatenate([np.zeros(late, np.float32), heard]))
    for first in range(0, end - begin - piece + 1, round(step * rate)):
        sample = round(first / rate * SAMPLE_RATE)
        part = heard[sample : sample + SECONDS * SAMPLE_RATE]
        curves = curves_of_sound(torch.from_numpy(part), SMALL)
        onsets = strict_onsets(soxr.resample(part, SAMPLE_RATE, ONSET_RATE)).tolist()
        features, everywhere = _piece(watched, first, piece), np.ones(GRID, np.float32)
        yield [MadeExample(features, curves, said, everywhere, onsets) for said in words]


def _levelled(heard: np.ndarray) -> np.ndarray:
    """Sound whose loudest second is as loud as every movie's."""
    whole = heard[: len(heard) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
    loudest = float(np.sqrt(np.square(whole).mean(axis=1).max()))
    return np.clip(heard * np.float32(_LEVEL / max(loudest, 1e-4)), -1, 1)


def _piece(watched: PictureFeatures, first: int, frames: int) -> PictureFeatures:
    """Some frames as a scene of their own, which nothing came before."""
    motion = watched.motion[first : first + frames].copy()
    cut_motion(motion, [0])
    inside = range(first, first + frames)
    return PictureFeatures(
        rate=watched.rate, start=0, motion=motion, appearance=watched.appearance[:0],
        cuts=[cut - watched.start - first for cut in watched.cuts if cut - watched.start in inside],
    )  # fmt: skip
