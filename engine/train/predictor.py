"""Train the V2X predictor, the small one on made picture (the paper's: sync_predictor).

Scenes are drawn while training goes on, or were made ahead (physics, games): a pool of recent ones
is drawn from many times, and at three steps in ten a new scene takes the place of the oldest. Beds
are half the time predicted without the picture, everything else sometimes, so that ambience knows
what it is like unseen.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.generate.text import TextEncoder
from engine.melqcd.curves import GrowingCurves
from engine.picture.features import GRID
from engine.predict.spot import apart
from engine.predict.v2x import ENERGY_SCALE, TICK_RATE, V2X, predict_curves, ticks_of
from engine.train import sync_predictor
from engine.train.diary import Picture
from engine.train.families import of_family
from engine.train.loop import LoopConfig, run
from engine.train.made_picture import scene
from engine.train.pictures import curves_beside
from engine.train.scenes import scenes_of
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SoundLibrary
from engine.train.sync_predictor import SyncConfig
from engine.train.text import PLACES, load_encoder

_BEFORE = (
    "a man|a woman|a person|hands|a drumstick|a child|an animal|a machine|somebody|a close up of|"
    "a video of|a camera shows|people|a player|a foot|a tool|something"
).split("|")
TICKS = 200  # of a training window: 4 s
_PACE = 0.35  # a scene is played up to e to this times as fast, or as slow
_JITTER = 0.5  # deviation of the words, of which each coordinate's is about one
_AHEAD = 0.7  # share of scenes that were made ahead
_ONSET_FRAMES = 1.5  # deviation of the bump that stands for an onset
_SILENCE = 6.9  # nats under a window's peak: 60 dB
_STEADY = 0.3  # nats: deviation below which an energy curve has no shape


class PredictorConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="family", tag="small",
):  # fmt: skip
    """text: folder of the text encoder's run; pool: scenes held at a time; ahead: folders of
    scenes that were made ahead, used as they appear."""

    manifest: str
    cache: str
    text: str
    pool: int
    ahead: tuple[str, ...] = ()
    loop: LoopConfig


class Pair(NamedTuple):
    """A whole scene's example as arrays at the network's rates."""

    motion: np.ndarray
    energy: np.ndarray
    spread: np.ndarray
    codes: np.ndarray
    onset: np.ndarray
    words: Tensor
    focus: np.ndarray
    is_bed: bool


class Batch(NamedTuple):
    """Windows: see V2X.forward and Predicted for shapes."""

    motion: Tensor
    words: Tensor
    focus: Tensor
    looking: Tensor
    energy: Tensor
    spread: Tensor
    codes: Tensor
    onset: Tensor


def pairs(config: PredictorConfig, rng: np.random.Generator) -> Iterator[list[Pair]]:
    """Endless scenes as arrays: drawn now, or seven in ten of those made ahead where there are."""
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    text = load_encoder(Path(config.text))
    while True:
        ahead = [held for folder in config.ahead if (held := scenes_of(Path(folder)))]
        if ahead and rng.random() < _AHEAD:
            held = ahead[int(rng.integers(len(ahead)))]
            examples = held[int(rng.integers(len(held)))]
        else:
            examples = scene(library, rng)
        yield [_pair(example, text, rng) for example in examples]


def phrased(caption: str, rng: np.random.Generator) -> str:
    """A caption as somebody might say it of a picture: who does it, how it is filmed, where."""
    before = str(rng.choice(_BEFORE)) if rng.random() < 0.5 else ""
    after = str(rng.choice(PLACES)) if rng.random() < 0.5 else ""
    return f"{before} {caption} {after}".strip()


def _pair(example: MadeExample, text: TextEncoder, rng: np.random.Generator) -> Pair:
    curves = example.curves
    frames = np.arange(len(curves)) + 0.5
    onset = np.zeros(len(curves))
    for seconds in apart(example.onsets):
        bump = np.exp(-0.5 * ((frames - 100 * seconds) / _ONSET_FRAMES) ** 2)
        onset = np.maximum(onset, bump)
    words = text.encode([phrased(example.words, rng) if example.words else ""]).pooled[0]
    return Pair(
        ticks_of(example.features, 0, SECONDS * TICK_RATE).astype(np.float16),
        curves.energy, curves.spread, curves.codes, onset, words, example.focus,
        bool(example.words) and not example.onsets,
    )  # fmt: skip


def batches(config: PredictorConfig, rng: np.random.Generator) -> Iterator[Batch]:
    """Endless batches of windows from a pool of scenes that is renewed as it goes."""
    cv2.setNumThreads(1)
    made = pairs(config, rng)
    pool = deque((next(made) for _ in range(config.pool // 4)), config.pool)
    while True:
        if rng.random() < 0.3 or len(pool) < config.pool // 2:
            pool.append(next(made))
        drawn = [pool[int(n)] for n in rng.integers(len(pool), size=config.loop.batch)]
        rows = [_window(pairs_[int(rng.integers(len(pairs_)))], rng) for pairs_ in drawn]
        yield Batch(*(torch.stack(part) for part in zip(*rows, strict=True)))


def _window(pair: Pair, rng: np.random.Generator) -> Batch:
    """A window of a scene: faster or slower, moved in the picture, mirrored half the time,
    sometimes without its picture."""
    pace = float(np.exp(rng.uniform(-_PACE, _PACE)))
    start = rng.uniform(0, SECONDS * TICK_RATE - TICKS * pace)
    ticks, frames = (
        ((times * start) + pace * (np.arange(times * TICKS) + 0.5)).astype(int) for times in (1, 2)
    )
    # What goes faster moves farther in a tick.
    motion = np.sign(pair.motion[ticks]) * np.log1p(
        pace * np.expm1(np.abs(pair.motion[ticks], dtype=np.float32))
    )
    motion, focus = moved(motion, pair.focus, rng)
    if rng.random() < 0.5:
        motion = motion[..., ::-1].copy()
        motion[:, 0] *= -1
        focus = focus[:, ::-1].copy()
    # Real motion is larger or smaller than any made one, and real words are other words.
    motion = motion * np.float32(np.exp(rng.normal(0, 0.4)))
    words = pair.words + _JITTER * torch.from_numpy(rng.normal(size=len(pair.words))).float()
    if not pair.words.any():
        words = pair.words
    looking = rng.random() >= (0.5 if pair.is_bed else 0.08)
    return Batch(
        torch.from_numpy(motion),
        words,
        torch.from_numpy(focus),
        torch.tensor(float(looking)),
        torch.from_numpy(pair.energy[frames]),
        torch.from_numpy(pair.spread[frames]),
        torch.from_numpy(pair.codes[frames].astype(np.int64)),
        torch.from_numpy(pair.onset[frames].astype(np.float32)),
    )


def moved(
    motion: np.ndarray, focus: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Motion [ticks, channels, rows, columns] and focus [rows, columns] moved by up to a cell each
    way; what comes in at the border stands still, and what is focused on is not moved out."""
    down, right = rng.integers(-1, 2, 2)
    edges = ((1, 1), (1, 1))
    rows, columns = (slice(1 - by, 1 - by + n) for by, n in zip((down, right), GRID, strict=True))
    seen = np.pad(focus, edges, mode="edge")[rows, columns]
    if not seen.any():
        return motion, focus
    return np.pad(motion, ((0, 0), (0, 0), *edges))[..., rows, columns], seen.copy()


def unlikeness(made: Tensor, true: Tensor) -> Tensor:
    """1 - Pearson correlation of energy curves [B, T], per row; 0 where the true one is steady.

    How loud a thing is cannot be seen, so the plain distance is mostly about level; this one is
    about the curve's shape alone. What lies 60 dB under a window's peak counts as silence.
    """
    heard = torch.maximum(true, true.amax(dim=1, keepdim=True) - _SILENCE)
    a, b = (curve - curve.mean(dim=1, keepdim=True) for curve in (made, heard))
    # Of a curve that is flat a deviation has no gradient; the square root of a little more has.
    deviation = (a.var(dim=1) + 1e-6).sqrt() * b.std(dim=1)
    return (1 - (a * b).mean(dim=1) / (deviation + 1e-3)) * (b.std(dim=1) > _STEADY)


def main(path: Path) -> None:
    """Train by a TOML config until its last step; safe to stop and start again."""
    config: PredictorConfig | SyncConfig = of_family(path, PredictorConfig | SyncConfig)
    match config:
        case PredictorConfig():
            train(config)
        case SyncConfig():
            sync_predictor.train(config)


def train(config: PredictorConfig) -> None:
    """Train until the last step; safe to stop and start again."""
    torch.manual_seed(config.loop.seed)
    network = V2X()

    def objective(batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        made = network(batch.motion, batch.words, batch.focus, batch.looking)
        energy = F.smooth_l1_loss(made.energy / ENERGY_SCALE, batch.energy / ENERGY_SCALE)
        spread = F.smooth_l1_loss(made.spread, batch.spread)
        codes = F.cross_entropy(made.codes.flatten(0, 2), batch.codes.flatten())
        chance = F.binary_cross_entropy_with_logits(
            made.onset,
            batch.onset,
            pos_weight=torch.tensor(4.0, device=made.onset.device),
            reduction="none",
        )
        # Without the picture nobody can know the moment.
        onset = (chance.mean(dim=1) * batch.looking).mean()
        shape = (unlikeness(made.energy, batch.energy) * batch.looking).mean()
        loss = 2 * energy + spread + 0.2 * codes + 2 * onset + shape
        parts = {"energy": energy, "spread": spread, "codes": codes, "onset": onset}
        return {"loss": loss, **parts, "shape": shape}

    def pictures() -> Iterator[Picture]:
        yield from predicted_beside(config, network)

    run(network, objective, lambda rng: batches(config, rng), config.loop, pictures)


def predicted_beside(config: PredictorConfig, network: V2X) -> Iterator[Picture]:
    """Curves that are predicted for one made scene, always the same, beside the true ones."""
    network = deepcopy(network).cpu()  # prediction is the engine's own, on CPUs
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    text = load_encoder(Path(config.text))
    for number, example in enumerate(scene(library, np.random.default_rng(0))):
        words, true = text.encode([example.words]).pooled, example.curves
        pieces = predict_curves(
            network, example.features, words,
            focus=None, behaviour="sync", frames=len(true), spec=true.spec,
        )  # fmt: skip
        made = GrowingCurves(pieces, len(true), true.spec).upto(len(true))
        yield curves_beside(f"{number} {example.words or 'anything'}", true, made)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
