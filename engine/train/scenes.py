"""Scenes made ahead: a folder of them, each one file, for a trainer to draw from.

Scene N of a folder depends on its config's seed and N alone, so making may stop and go on, and
several processes may make different scenes of one folder.
"""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import overload

import cv2
import msgspec
import numpy as np

from engine.melqcd.curves import Curves
from engine.melqcd.spec import SMALL
from engine.picture.features import PictureFeatures
from engine.train.data.record import Split
from engine.train.sounding import MadeExample
from engine.train.sounds import SoundLibrary

log = logging.getLogger(__name__)


class ScenesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """folder: where the scenes go; split: of the sounds laid on; count: scenes in the end;
    soundings: recordings laid on the same picture."""

    manifest: str
    cache: str
    folder: str
    split: Split
    seed: int
    count: int
    soundings: int


class Scenes(Sequence[list[MadeExample]]):
    """The scenes of a folder that are there now, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.glob("*.npz"))

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> list[MadeExample]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[MadeExample]]: ...
    def __getitem__(self, index: int | slice) -> list[MadeExample] | list[list[MadeExample]]:
        if isinstance(index, slice):
            return [load(file) for file in self._files[index]]
        return load(self._files[index])


def scenes_of(folder: Path) -> Scenes:
    """The scenes made so far in a folder and those below it."""
    return Scenes(folder)


def save(path: Path, examples: Sequence[MadeExample]) -> None:
    """Write the examples of one scene, which share their picture; whole or not at all."""
    features = examples[0].features
    begun = path.with_suffix(".part")
    with begun.open("wb") as file:
        np.savez_compressed(
            file,
            rate=np.array(features.rate.as_integer_ratio()),
            motion=features.motion.astype(np.float16),
            cuts=np.array(features.cuts, np.int32),
            energy=np.stack([e.curves.energy for e in examples]),
            spread=np.stack([e.curves.spread for e in examples]),
            codes=np.stack([e.curves.codes for e in examples]),
            focus=np.stack([e.focus for e in examples]),
            words=np.array([e.words for e in examples]),
            onsets=np.concatenate([e.onsets for e in examples]),
            ends=np.cumsum([len(e.onsets) for e in examples]),
        )
    begun.replace(path)


def load(path: Path) -> list[MadeExample]:
    """The examples of one scene."""
    with np.load(path, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    features = PictureFeatures(
        rate=Fraction(*held["rate"].tolist()), start=0, motion=held["motion"].astype(np.float32),
        appearance=np.zeros((0, 1280), np.float32), cuts=held["cuts"].tolist(),
    )  # fmt: skip
    onsets = np.split(held["onsets"], held["ends"][:-1])
    return [
        MadeExample(
            features,
            Curves(energy=energy, spread=spread, codes=codes, spec=SMALL),
            str(words), focus, moments.tolist(),
        )
        for energy, spread, codes, words, focus, moments in zip(
            held["energy"], held["spread"], held["codes"], held["words"], held["focus"], onsets,
            strict=True,
        )
    ]  # fmt: skip


def main(path: Path) -> None:
    """Make the scenes of a TOML config that are not there yet."""
    make(msgspec.convert(tomllib.loads(path.read_text()), ScenesConfig))


def make(config: ScenesConfig) -> None:
    """Make the scenes of a config that are not there yet."""
    from engine.train.physics.scene import scene

    cv2.setNumThreads(1)
    library = SoundLibrary(Path(config.manifest), config.split, Path(config.cache))
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(config.count):
        file = folder / f"{number:06d}.npz"
        if file.exists():
            continue
        save(file, scene(library, np.random.default_rng([config.seed, number]), config.soundings))
        if number % 20 == 0:
            log.info("scene %d of %d", number, config.count)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
