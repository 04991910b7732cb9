"""V2X: picture motion and a layer's words to energy, spread and codes, 100 a second.

Each grid cell's motion is embedded over time; heads that the words steer pool the cells (a focus
weighs them); dilated convolutions over time, modulated by the words, give the curves. A layer of
ambience is predicted without the picture: what such a sound is like, not what moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.melqcd.curves import Curves
from engine.melqcd.decompose import CODES, DIGITS, dequantise_semantic, quantise_semantic
from engine.melqcd.spec import MelSpec
from engine.picture.features import CHANNELS, GRID, PictureFeatures
from engine.predict.focus import cells_of
from host_bridge.protocol import Behaviour

TICK_RATE = 50  # network frames a second; curves come out at twice that
CELL_WIDTH = 48
HEADS = 6
WIDTH = 192
DEPTH = 8
TEXT_WIDTH = 128
ENERGY_MEAN, ENERGY_SCALE = -7.0, 2.5  # nats: what the network calls zero and one
_CHUNK, _OVERLAP = 250, 160  # ticks predicted together, and seen beyond both ends
_STEADY_SECONDS = 2.0


class Predicted(NamedTuple):
    """energy, spread [B, T] in nats; codes [B, T, 2, 81], onset [B, T] as logits; T = 2 ticks."""

    energy: Tensor
    spread: Tensor
    codes: Tensor
    onset: Tensor


class TimeBlock(nn.Module):
    """Dilated convolution over time and a pointwise step, both scaled and shifted by the words."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(WIDTH, WIDTH, 5, padding=2 * dilation, dilation=dilation, groups=8)
        self.norm = nn.GroupNorm(1, WIDTH)
        self.words = nn.Linear(TEXT_WIDTH, 2 * WIDTH)
        self.mix = nn.Sequential(
            nn.Conv1d(WIDTH, 2 * WIDTH, 1), nn.GELU(), nn.Conv1d(2 * WIDTH, WIDTH, 1)
        )

    def forward(self, x: Tensor, words: Tensor) -> Tensor:
        scale, shift = self.words(words).unsqueeze(-1).chunk(2, dim=1)
        return x + self.mix(F.gelu(self.norm(self.conv(x)) * (1 + scale) + shift))


class V2X(nn.Module):
    """forward(motion [B, ticks, CHANNELS, rows, columns], words [B, 128], focus [B, rows, columns],
    looking [B]) -> Predicted. looking: 1 with the picture, 0 without."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Sequential(
            nn.Conv1d(CHANNELS, CELL_WIDTH, 7, padding=3), nn.GELU(),
            nn.Conv1d(CELL_WIDTH, CELL_WIDTH, 5, padding=2), nn.GELU(),
        )  # fmt: skip
        self.place = nn.Parameter(torch.zeros(CELL_WIDTH, GRID[0] * GRID[1]))
        self.asks = nn.Linear(TEXT_WIDTH, HEADS * CELL_WIDTH)
        self.enter = nn.Linear((HEADS + 2) * CELL_WIDTH, WIDTH)
        self.blind = nn.Parameter(torch.zeros(WIDTH))
        self.words_in = nn.Linear(TEXT_WIDTH, WIDTH)
        self.blocks = nn.ModuleList(TimeBlock(2 ** (n % 6)) for n in range(DEPTH))
        self.out = nn.Conv1d(WIDTH, 3 + 2 * CODES, 3, padding=1)

    def forward(self, motion: Tensor, words: Tensor, focus: Tensor, looking: Tensor) -> Predicted:
        B = motion.shape[0]
        series = motion.flatten(3).permute(0, 3, 2, 1).flatten(0, 1)  # [B cells, channels, ticks]
        cells = self.cell(series).unflatten(0, (B, -1))  # [B, cells, width, ticks]
        weight = focus.flatten(1)[:, :, None]
        asks = self.asks(words).unflatten(1, (HEADS, CELL_WIDTH))
        agreement = torch.einsum("bhw,bcwt->bhct", asks, cells + self.place.T[None, :, :, None])
        agreement = agreement / math.sqrt(CELL_WIDTH) + torch.log(weight + 1e-6)[:, None]
        heads = torch.einsum("bhct,bcwt->bthw", agreement.softmax(dim=2), cells).flatten(2)
        mean = (cells * weight[..., None]).sum(1) / weight[..., None].sum(1)
        most = (cells * weight[..., None]).amax(1)
        pooled = torch.cat([heads, mean.transpose(1, 2), most.transpose(1, 2)], dim=2)
        seen = looking[:, None, None]
        x = self.enter(pooled) * seen + self.blind * (1 - seen) + self.words_in(words)[:, None]
        x = x.transpose(1, 2)
        for block in self.blocks:
            x = block(x, words)
        fine = F.interpolate(x, scale_factor=2.0, mode="linear", align_corners=False)
        y = self.out(fine).transpose(1, 2)
        return Predicted(
            energy=ENERGY_MEAN + ENERGY_SCALE * y[..., 0],
            spread=F.softplus(y[..., 1]),
            onset=y[..., 2],
            codes=y[..., 3:].unflatten(-1, (2, CODES)),
        )


def ticks_of(features: PictureFeatures, begin: int, end: int) -> np.ndarray:
    """Motion of the ticks [begin, end) at TICK_RATE: float32 [end - begin, CHANNELS, *GRID].

    Frame i's motion happened in [(i - 1) / rate, i / rate), so it stands at (i - 1/2) / rate; tick
    j stands at (j + 1/2) / TICK_RATE; linear between, held beyond the ends.
    """
    rate = float(features.rate)
    at = (np.arange(begin, end) + 0.5) / TICK_RATE * rate + 0.5
    low = np.clip(np.floor(at).astype(int), 0, len(features.motion) - 1)
    high = np.minimum(low + 1, len(features.motion) - 1)
    part = np.clip(at - low, 0, 1)[:, None, None, None].astype(np.float32)
    return features.motion[low] * (1 - part) + features.motion[high] * part


def predict(
    network: V2X,
    features: PictureFeatures,
    words: Tensor,
    focus: Tensor,
    frames: int,
    looking: bool,
) -> Predicted:
    """Curves of a whole range [1, frames, ...] whose pictures are measured."""
    parts = list(predicted(network, features, words, focus, frames, looking))
    return Predicted(*(torch.cat(part, dim=1) for part in zip(*parts, strict=True)))


def predicted(
    network: V2X,
    features: PictureFeatures,
    words: Tensor,
    focus: Tensor,
    frames: int,
    looking: bool,
    ready: Callable[[int], None] = lambda _frame: None,
) -> Iterator[Predicted]:
    """Curves of a range [1, n, ...] in pieces that join to `frames`, from overlapping chunks.

    ready: waits for the features before a frame of the clip. codes [1, n, 2] are settled, no
    longer logits: each window's digit is its expected value, rounded, so that what the picture
    leaves open stays flat.
    """
    ticks = -(-frames // 2)
    for start in range(0, ticks, _CHUNK):
        stop = min(start + _CHUNK, ticks)
        begin, end = max(0, start - _OVERLAP), min(ticks, stop + _OVERLAP)
        motion = np.zeros((end - begin, *features.motion.shape[1:]), np.float32)
        if looking:
            ready(features.start + math.ceil(end / TICK_RATE * features.rate) + 2)
            motion = ticks_of(features, begin, end)
        with torch.no_grad():
            made = network(
                torch.from_numpy(motion)[None], words, focus[None], torch.tensor([float(looking)])
            )
        keep = slice(2 * (start - begin), min(2 * (stop - begin), frames - 2 * begin))
        # Codes are settled here: their logits would be 160 times the curves.
        yield Predicted(*(part[:, keep] for part in made))._replace(
            codes=_settled(made.codes[:, keep])
        )


def _settled(logits: Tensor) -> Tensor:
    """Codes [B, T, 2] from logits [B, T, 2, CODES]."""
    digits = dequantise_semantic(torch.arange(CODES)[:, None].expand(-1, 2))[:DIGITS].T
    expected = torch.einsum("bthc,cd->bthd", logits.softmax(dim=-1), digits)
    # Half 0 is the upper one; windows count from the lowest.
    return quantise_semantic(expected.flip(-2).flatten(-2).transpose(-1, -2))


def predict_curves(
    network: V2X,
    features: PictureFeatures,
    words: Tensor,
    *,
    focus: str | None,
    behaviour: Behaviour,
    frames: int,
    spec: MelSpec,
    ready: Callable[[int], None] = lambda _frame: None,
) -> Iterator[Curves]:
    """Curves of a layer from the range's first frame on, in pieces that join to `frames`.

    words [1, TEXT_WIDTH]: the layer's pooled text; focus: box "x,y,w,h" or None; ready: see
    predicted. Ambience does not look at the picture, and its energy and spread drift slowly.
    """
    cells = cells_of(focus)
    if behaviour == "ambience":
        made = predict(network, features, words, cells, frames, looking=False)
        energy, spread = (
            _slow(curve[0].numpy(), spec.rate) for curve in (made.energy, made.spread)
        )
        yield _curves(energy, spread, made.codes, spec)
    else:
        for made in predicted(network, features, words, cells, frames, True, ready):
            yield _curves(made.energy[0].numpy(), made.spread[0].numpy(), made.codes, spec)


def _curves(energy: np.ndarray, spread: np.ndarray, codes: Tensor, spec: MelSpec) -> Curves:
    return Curves(
        energy=np.maximum(energy, spec.log_floor).astype(np.float32),
        spread=np.maximum(spread, 0).astype(np.float32),
        codes=codes[0].numpy().astype(np.uint8),
        spec=spec,
    )


def _slow(curve: np.ndarray, rate: int) -> np.ndarray:
    """Moving mean over two seconds, the ends held."""
    width = min(len(curve), int(_STEADY_SECONDS * rate)) | 1
    padded = np.pad(curve, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), "valid")
