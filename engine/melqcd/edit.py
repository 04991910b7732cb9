"""The hand on the curves: edits of a region, and putting regions together under locks.

Edits take and give curves of the same length; what slides in from beyond an end holds its value.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from engine.melqcd.curves import Curves
from host_bridge.protocol import Curve

NATS_TO_DB = 20 / np.log(10)
_ALIKE = 0.7  # nats: energies further apart do not smooth each other
_FIELDS: dict[Curve, str] = {"energy": "energy", "spread": "spread", "semantic": "codes"}


def locked(kept: Curves, free: Curves, lock: Collection[Curve]) -> Curves:
    """`free` with the locked curves of `kept`; both of one length."""
    return replace(free, **{_FIELDS[name]: getattr(kept, _FIELDS[name]) for name in lock})


def louder(curves: Curves, db: float) -> Curves:
    """Energy raised where something sounds; silence stays silence."""
    floor = np.float32(curves.spec.log_floor)
    raised = np.maximum(curves.energy + np.float32(db / NATS_TO_DB), floor)
    return replace(curves, energy=np.where(curves.energy > floor, raised, curves.energy))


def nudged(curves: Curves, frames: int) -> Curves:
    """Later by so many curve frames, or earlier."""
    return _taken(curves, np.arange(len(curves)) - frames)


def stretched(curves: Curves, factor: float) -> Curves:
    """Slower by a factor from the first frame on; by the nearest frame, so that attacks stay."""
    return _taken(curves, np.round(np.arange(len(curves)) / factor).astype(int))


def smoothed(curves: Curves, frames: float) -> Curves:
    """Energy averaged over about so many frames, of values alike alone: attacks stay.

    Source: bilateral filtering (Tomasi & Manduchi, 1998) along time.
    """
    reach = int(np.ceil(frames))
    offsets = np.arange(-reach, reach + 1)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(curves.energy.astype(np.float64), reach, mode="edge"), 2 * reach + 1
    )
    near = np.exp(-0.5 * np.square(2 * offsets / max(frames, 1e-6)))
    alike = np.exp(-0.5 * np.square((around - curves.energy[:, None]) / _ALIKE))
    weight = near * alike
    energy = (around * weight).sum(axis=1) / weight.sum(axis=1)
    return replace(curves, energy=energy.astype(np.float32))


def through(curves: Curves, points: list[tuple[int, float]]) -> Curves:
    """Energy along straight lines through (frame, dB), in order of frames."""
    at = np.array([frame for frame, _ in points])
    values = np.array([db for _, db in points]) / NATS_TO_DB
    frames = np.arange(max(0, at[0]), min(len(curves), at[-1] + 1))
    energy = curves.energy.copy()
    energy[frames] = np.maximum(np.interp(frames, at, values), curves.spec.log_floor)
    return replace(curves, energy=energy)


def _taken(curves: Curves, frames: np.ndarray) -> Curves:
    at = np.clip(frames, 0, len(curves) - 1)
    return replace(
        curves, energy=curves.energy[at], spread=curves.spread[at], codes=curves.codes[at]
    )
