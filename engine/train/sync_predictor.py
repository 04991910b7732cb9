"""Train the paper's predictor: synchronisation features of real picture, curves of its sound.

Features are another network's (Synchformer's, 25 a second), made ahead: an array `NAME.npy`
[n, features] for a recording NAME. Loss: focal loss of the codes and squared errors of energy and
spread, in the scale of the mel image. Source: Mel-QCD section 4.3; the released training code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import soxr
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.generate.shapes import AutoencoderShape
from engine.melqcd.curves import Curves, curves_of_sound
from engine.melqcd.spec import AUFFUSION
from engine.predict.shapes import SyncV2XShape
from engine.predict.sync_v2x import FEATURE_RATE, TIMES, SyncV2X
from engine.train.data import Record
from engine.train.diary import Picture
from engine.train.loop import LoopConfig, half_where_it_pays, run
from engine.train.pictures import curves_beside
from engine.train.sounds import SAMPLE_RATE, SoundLibrary
from host_bridge.errors import CuelockError

FOCUS = 2.0  # gamma of the focal loss (Lin et al. 2017)
SHOWN = 4  # recordings in the diary's pictures


class SyncConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="family", tag="auffusion",
):  # fmt: skip
    """features: folder of arrays, one a recording; seconds: of a training window at most."""

    manifest: str
    cache: str
    features: str
    loop: LoopConfig
    seconds: int = 10
    shape: SyncV2XShape = SyncV2XShape()


class Batch(NamedTuple):
    """features [B, n, features]; levels [B, 4 n, 2], codes int64 [B, 4 n, 2]: as SyncV2X gives."""

    features: Tensor
    levels: Tensor
    codes: Tensor


class Watched:
    """A library's recordings with their features. Raises CuelockError request.path."""

    def __init__(self, library: SoundLibrary, config: SyncConfig) -> None:
        self.library = library
        self._shape = config.shape
        self._folder = Path(config.features)

    def features(self, record: Record) -> np.ndarray:
        """float32 [n, features], 25 a second."""
        file = self._folder / f"{record.path.stem}.npy"
        if not file.is_file():
            raise CuelockError(
                "request.path",
                f"There are no features of {record.path.name}: {file} is not there.",
                hint="Save its Synchformer features [n, 768], 25 a second, under that name.",
            )
        return np.load(file, allow_pickle=False).astype(np.float32)

    def curves(self, number: int) -> Curves:
        """What the predictor should say of a recording."""
        sound = self.library[number].samples
        sound = sound * (AutoencoderShape().peak / max(1e-5, float(np.abs(sound).max())))
        low = soxr.resample(sound, SAMPLE_RATE, AUFFUSION.sample_rate)
        return curves_of_sound(torch.from_numpy(low), AUFFUSION)

    def batch(self, numbers: list[int], most: int, rng: np.random.Generator) -> Batch:
        """Windows of the same length: the shortest recording's, or `most` features."""
        seen = [self.features(self.library.records[number]) for number in numbers]
        heard = [self.curves(number) for number in numbers]
        lengths = [min(len(f), len(c) // TIMES) for f, c in zip(seen, heard, strict=True)]
        n = min(most, *lengths)
        rows: list[Batch] = []
        for features, curves, length in zip(seen, heard, lengths, strict=True):
            start = int(rng.integers(length - n + 1))
            part = curves.slice(TIMES * start, TIMES * (start + n))
            low, range_ = self._shape.low, self._shape.high - self._shape.low
            levels = np.stack([(part.energy - low) / range_, part.spread / range_], axis=-1)
            rows.append(
                Batch(
                    torch.from_numpy(features[start : start + n]),
                    torch.from_numpy(levels),
                    torch.from_numpy(part.codes.astype(np.int64)),
                )
            )
        return Batch(*(torch.stack(part) for part in zip(*rows, strict=True)))


def train(config: SyncConfig) -> None:
    """Train until the last step; safe to stop and start again."""
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    watched = Watched(library, config)
    network = SyncV2X(config.shape)

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        while True:
            numbers = rng.integers(len(library), size=config.loop.batch).tolist()
            yield watched.batch(numbers, config.seconds * FEATURE_RATE, rng)

    def objective(batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        with half_where_it_pays(generator.device):
            codes, levels = network(batch.features)
        energy, spread = (levels.float() - batch.levels).square().mean(dim=(0, 1))
        focal = focal_loss(codes.float(), batch.codes)
        return {
            "loss": focal + energy + spread, "codes": focal, "energy": energy, "spread": spread
        }  # fmt: skip

    def pictures() -> Iterator[Picture]:
        for number in range(min(SHOWN, len(library))):
            features = torch.from_numpy(watched.features(library.records[number]))
            made = network.curves(features, AUFFUSION)
            true = watched.curves(number).fitted(len(made))
            yield curves_beside(f"{number} {library[number].caption}", true, made)

    run(network, objective, batches, config.loop, pictures)


def focal_loss(logits: Tensor, codes: Tensor) -> Tensor:
    """Mean focal loss of logits [..., classes] against classes int64 [...]."""
    wrong = F.cross_entropy(logits.flatten(0, -2), codes.flatten(), reduction="none")
    return ((1 - torch.exp(-wrong)) ** FOCUS * wrong).mean()
