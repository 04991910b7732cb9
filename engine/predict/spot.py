"""Spotting: the events that the predictor sees, each with its moment and its confidence."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.picture.features import PictureFeatures
from engine.predict.focus import cells_of
from engine.predict.v2x import TEXT_WIDTH, V2X, predict

CURVE_RATE = 100
LEAST_CONFIDENCE = 0.3
APART = 10  # curve frames between events


class Event(NamedTuple):
    """seconds from the clip's first picture; confidence 0..1."""

    seconds: Fraction
    confidence: float


def spot_events(network: V2X, features: PictureFeatures, words: Tensor | None) -> list[Event]:
    """Events of a range in the order of time.

    words [1, TEXT_WIDTH]: of what sounds; None for whatever moves. Where there are words, both
    are asked and their log odds averaged: what is seen at all, and what of it such a thing does.
    """
    frames = int(len(features.motion) / features.rate * CURVE_RATE)
    asked = [torch.zeros(1, TEXT_WIDTH)] + ([] if words is None else [words])
    cells = cells_of(None)
    odds = [predict(network, features, one, cells, frames, looking=True).onset[0] for one in asked]
    start = Fraction(features.start) / features.rate
    return [
        Event(start + Fraction(2 * frame + 1, 2 * CURVE_RATE), confidence)
        for frame, confidence in peaks(torch.sigmoid(torch.stack(odds).mean(dim=0)).numpy())
    ]


def peaks(chance: np.ndarray) -> list[tuple[int, float]]:
    """Frames at which the chance of an onset is highest within APART frames, and enough."""
    padded = np.pad(chance, APART, constant_values=-1)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * APART + 1).max(axis=1)
    best = (chance >= around) & (chance >= LEAST_CONFIDENCE)
    return [(int(frame), float(chance[frame])) for frame in np.flatnonzero(best)]


def apart(onsets: Sequence[float]) -> np.ndarray:
    """Onsets that spotting can tell from the last one."""
    kept: list[float] = []
    for onset in sorted(onsets):
        if not kept or onset - kept[-1] >= APART / CURVE_RATE:
            kept.append(onset)
    return np.array(kept)
