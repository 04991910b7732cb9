"""Matches of a free game as scenes: how its picture moves, and the curves of its own sound."""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
import soxr
import torch

from engine.melqcd.curves import curves_of_sound
from engine.melqcd.onsets import RATE as ONSET_RATE
from engine.melqcd.onsets import strict_onsets
from engine.melqcd.spec import SMALL
from engine.picture.cuts import CutFinder
from engine.picture.features import GRID, MotionMeter, PictureFeatures, cut_motion
from engine.train import openarena
from engine.train.scenes import save
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SAMPLE_RATE

log = logging.getLogger(__name__)
WORDS = ("", "a video game: guns, steps", "gunfire, explosions and footsteps in a game")
_LEVEL = 0.25  # root mean square of the loudest second; the game plays at no level in particular


class GamesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """folder: where the scenes go; maps: played one after the other; seconds: of each match."""

    folder: str
    maps: list[str]
    seconds: int
    seed: int
    rounds: int


def examples_of(movie: Path, rate: Fraction, sound_late: int) -> Iterator[list[MadeExample]]:
    """A captured movie in pieces as long as a scene.

    sound_late: pictures by which its sound comes too early.
    """
    motion, cuts = _watched(movie, rate)
    sound = _heard(movie)
    sound = np.concatenate([np.zeros(round(sound_late * SAMPLE_RATE / rate), np.float32), sound])
    loudest = np.sqrt(
        np.square(sound[: len(sound) // SAMPLE_RATE * SAMPLE_RATE])
        .reshape(-1, SAMPLE_RATE)
        .mean(axis=1)
        .max()
    )
    sound *= np.float32(_LEVEL / max(loudest, 1e-4))
    frames, samples = int(SECONDS * rate), SECONDS * SAMPLE_RATE
    for piece in range(min(len(motion) // frames, len(sound) // samples)):
        first = piece * frames
        begun = motion[first : first + frames].copy()
        begun[0] = 0.0
        features = PictureFeatures(
            rate=rate, start=0, motion=begun, appearance=np.zeros((0, 1280), np.float32),
            cuts=[cut - first for cut in cuts if first <= cut < first + frames],
        )  # fmt: skip
        heard = np.clip(sound[piece * samples : (piece + 1) * samples], -1, 1)
        curves = curves_of_sound(torch.from_numpy(heard), SMALL)
        onsets = strict_onsets(soxr.resample(heard, SAMPLE_RATE, ONSET_RATE)).tolist()
        whole = np.ones(GRID, np.float32)
        yield [MadeExample(features, curves, words, whole, onsets) for words in WORDS]


def _watched(movie: Path, rate: Fraction) -> tuple[np.ndarray, list[int]]:
    """Motion of every picture, and where new shots begin."""
    meter, finder = MotionMeter(rate), CutFinder()
    motion: list[np.ndarray] = []
    cuts: list[int] = []
    with av.open(str(movie)) as source:
        for frame in source.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            motion.append(meter.add(picture))
            cuts += finder.add(picture)
    cuts += finder.finish()
    measured = np.array(motion)
    cut_motion(measured, cuts)
    return measured, cuts


def _heard(movie: Path) -> np.ndarray:
    """The sound, mono float32 at SAMPLE_RATE."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(movie)) as source:
        parts = [
            part.to_ndarray()[0]
            for frame in [*source.decode(audio=0), None]
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts)


def main(path: Path) -> None:
    """Play the matches of a TOML config whose scenes are not there yet."""
    cv2.setNumThreads(1)
    config = msgspec.convert(tomllib.loads(path.read_text()), GamesConfig)
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(config.rounds * len(config.maps)):
        played = config.maps[number % len(config.maps)]
        if (folder / f"{number:03d}-first-000.npz").exists():
            continue
        with openarena.matches(played, config.seconds, config.seed + number) as home:
            for view in ("third", "first"):
                movie = openarena.replayed(home, view)
                pieces = examples_of(movie, Fraction(openarena.RATE), openarena.SOUND_LATE)
                for piece, examples in enumerate(pieces):
                    save(folder / f"{number:03d}-{view}-{piece:03d}.npz", examples)
                log.info("match %d on %s, %s person", number, played, view)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
