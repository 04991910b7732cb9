"""A stock of recordings as latents, and the sketch that is laid out of it along a range's curves.

What names a sound is its texture, and a small generator's is smoother than life. So denoising
begins with a sketch instead of noise alone: for each latent column the recorded column that fits
the curves best, among recordings whose captions are near the words, in runs as long as may be
(unit selection: Hunt and Black 1996; for any sound: Schwarz, CataRT, 2006). Noise and the last
steps of denoising heal its joins (SDEdit: Meng et al. 2022).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.generate.codec import PATCH_FRAMES, MelPatchCodec
from engine.generate.parts import Text
from engine.melqcd.curves import Curves
from engine.melqcd.decompose import to_windows

STEP = 0.7  # of the coefficients that are written, nats; every file says its own
_DEAD = 0.65  # of a step: what is less is left out, it costs more than is heard of it
_QUIET = -5.0  # nats, from the loudest column: what is less loud is all alike

_KNOWN = 0.6  # cosine of words and nearest caption, below which the stock knows nothing of them
_NEAREST_SECONDS = 20  # of recordings that a sketch is laid out of, and what is as near as these
# What a column costs that does not fit, by what does not fit.
_SHAPE = 2.0  # square nats, over windows
_LEVEL = 0.6  # square nats
_ATTACK = 0.3  # square nats, over a column's frames
_WORDS = 40.0  # cosine
_TASTE = 0.5  # how much a seed may like or dislike a recording
JUMP = 6.0  # to go on with another column than a recording's next one


_ARRAYS = {"patches", "step", "levels", "lengths", "captions"}  # of a stock's file


class Recorded(NamedTuple):
    """One recording: log-mel [bands, T] and caption."""

    mel: Tensor
    caption: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Stock:
    """Recordings [R], N columns in all, as a codec's latents.

    patches int8 [C, K, N]: coefficients in steps of `step` nats; levels float32
    [N, PATCH_FRAMES]: energy under the recording's loudest frame, nats; owner [N]: which recording
    a column is of; sentences [R, width]: what the captions say, of length one.
    """

    patches: np.ndarray
    step: float
    levels: np.ndarray
    owner: np.ndarray
    sentences: np.ndarray

    def knows(self, direction: np.ndarray) -> float:
        """Cosine of a sentence [width] of length one and the nearest caption."""
        return float((self.sentences @ direction).max())


def save_stock(recordings: Iterable[Recorded], codec: MelPatchCodec, path: Path) -> None:
    """Write recordings as a stock (NPZ; whole or not at all).

    Of a recording of less than a column nothing is kept, nor of any what is too quiet.
    """
    patches, levels, lengths, captions = [], [], [], []
    for mel, caption in recordings:
        if mel.shape[-1] < PATCH_FRAMES:
            continue
        mel = mel[:, : mel.shape[-1] // PATCH_FRAMES * PATCH_FRAMES]
        energy = to_windows(mel, codec.spec).mean(dim=0)
        level = (energy - energy.max()).unflatten(0, (-1, PATCH_FRAMES))
        coefficients = codec.encode_mel(mel[None])[0] * codec.scale[:, None, None]
        steps = torch.round(coefficients / STEP)
        steps[coefficients.abs() < _DEAD * STEP] = 0
        heard = level.amax(dim=1) > _QUIET
        patches.append(steps[..., heard].clamp(-127, 127).to(torch.int8).numpy())
        levels.append(level[heard])
        lengths.append(int(heard.sum()))
        captions.append(caption)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            patches=np.concatenate(patches, axis=-1),
            step=np.float32(STEP),
            levels=torch.cat(levels).half().numpy(),
            lengths=np.array(lengths, np.int32),
            captions=np.array(captions),
        )
    part.replace(path)


def load_stock(path: Path, text: Text) -> Stock:
    """Read what save_stock wrote. Raises ValueError where it is something else."""
    with np.load(path, allow_pickle=False) as file:
        if missing := _ARRAYS - set(file.files):
            raise ValueError(f"{path} is no stock: it lacks {', '.join(sorted(missing))}")
        captions: list[str] = file["captions"].tolist()
        told = sorted(set(captions))
        sentences = dict(zip(told, _directions(text.encode(told).pooled), strict=True))
        return Stock(
            patches=file["patches"],
            step=float(file["step"]),
            levels=file["levels"].astype(np.float32),
            owner=np.repeat(np.arange(len(captions)), file["lengths"]),
            sentences=np.stack([sentences[caption] for caption in captions]),
        )


def _directions(vectors: Tensor) -> np.ndarray:
    """Vectors [n, width] of length one, or zero."""
    return torch.nn.functional.normalize(vectors, dim=-1).numpy()


@dataclass(frozen=True, eq=False)
class StockSketching:
    """engine.generate.parts.Sketching out of that stock which knows the words best.

    Of two that know them as well it is the first: a studio's own recordings, where there are some.
    """

    stocks: Sequence[Stock]
    codec: MelPatchCodec

    def __call__(self, sentence: Tensor, seed: int) -> StockSketch | None:
        leave, make = _directions(sentence)
        best = max(self.stocks, key=lambda stock: round(stock.knows(make), 3), default=None)
        if best is None or best.knows(make) < _KNOWN:
            return None
        return StockSketch(best, self.codec, best.sentences @ (make - leave), seed)


class StockSketch:
    """Lays a range's sketch, window after window; each goes on where the last one ended.

    nearness [R]: of the recordings to what is wanted; a seed has a taste of its own among those
    that are equally near.
    """

    def __init__(self, stock: Stock, codec: MelPatchCodec, nearness: np.ndarray, seed: int) -> None:
        self._columns = np.flatnonzero(_near(nearness, stock.owner, codec)[stock.owner])
        taste = np.random.default_rng(seed).standard_normal(len(nearness))
        aside = _WORDS * (nearness.max() - nearness) + _TASTE * taste
        owner = stock.owner[self._columns]
        self._aside = aside[owner].astype(np.float32)
        self._begins = np.diff(owner, prepend=-1) != 0
        self._patches, self._step = stock.patches, stock.step
        self._codec = codec
        # The first coefficient of a patch is its mean over bands and frames, but for its norm.
        norm = stock.step / (codec.spec.bands_per_window * PATCH_FRAMES) ** 0.5
        self._shape = norm * stock.patches[0][:, self._columns].T.astype(np.float32)
        self._level, self._attack = _parted(stock.levels[self._columns])
        self._last: int | None = None
        self._loudest = -np.inf

    def over(self, curves: Curves) -> Tensor:
        """Latents [1, C, K, W] along the next curves [W * PATCH_FRAMES]."""
        steps = torch.from_numpy(self._patches[..., self.chosen(curves)])
        return (self._step * steps / self._codec.scale[:, None, None])[None]

    def chosen(self, curves: Curves) -> np.ndarray:
        """The stock's columns [W] along the next curves [W * PATCH_FRAMES]."""
        path = cheapest(self._costs(curves), self._begins, self._last)
        self._last = path[-1]
        return self._columns[path]

    def _costs(self, curves: Curves) -> np.ndarray:
        """What each column [W, S] would cost at each place."""
        windows = to_windows(curves.hint(), curves.spec)
        shape = (windows - windows.mean(dim=0)).unflatten(-1, (-1, PATCH_FRAMES)).mean(dim=-1)
        self._loudest = max(self._loudest, float(curves.energy.max()))
        under = np.maximum(curves.energy - self._loudest, _QUIET)
        level, attack = _parted(under.reshape(-1, PATCH_FRAMES))
        unlike = _SHAPE * _apart(shape.T.numpy(), self._shape)
        unlike += _ATTACK * _apart(attack, self._attack)
        unlike += _LEVEL * np.square(level[:, None] - self._level)
        return unlike + self._aside


def cheapest(costs: np.ndarray, begins: np.ndarray, last: int | None = None) -> list[int]:
    """The cheapest way [W] through costs [W, S], where a jump costs JUMP (Viterbi 1967).

    Every step that does not go on to the next column is a jump, and so is one into a column [S]
    that begins a recording. last: where the way comes from; None where it may begin anywhere.
    """
    columns = np.arange(costs.shape[1])
    spent = np.full(len(columns), 0.0 if last is None else JUMP, np.float32)
    if last is not None and last + 1 < len(columns) and not begins[last + 1]:
        spent[last + 1] = 0.0
    came = []
    for cost in costs[:-1]:
        spent = spent + cost
        best = int(spent.argmin())
        follows = np.where(begins, np.inf, np.roll(spent, 1))
        goes_on = follows <= spent[best] + JUMP
        came.append(np.where(goes_on, columns - 1, best))
        spent = np.where(goes_on, follows, spent[best] + JUMP)
    path = [int((spent + costs[-1]).argmin())]
    for way in reversed(came):
        path.append(int(way[path[-1]]))
    return path[::-1]


def _near(nearness: np.ndarray, owner: np.ndarray, codec: MelPatchCodec) -> np.ndarray:
    """Which recordings [R] are the nearest, or as near."""
    order = np.argsort(-nearness, kind="stable")
    columns = np.bincount(owner)[order].cumsum()
    enough = np.searchsorted(columns, _NEAREST_SECONDS * codec.spec.rate / PATCH_FRAMES)
    return nearness >= nearness[order[min(int(enough), len(order) - 1)]]


def _parted(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels [W, PATCH_FRAMES] as each column's own [W], and how its frames move about it."""
    level = levels.mean(axis=1)
    return level, levels - level[:, None]


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Square distances [n, m] of points [n, d] and [m, d]."""
    return np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T
