"""Curves: the three Mel-QCD signals as one object, from prediction to panel to file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engine.melqcd.decompose import (
    CODES,
    FLAT_CODE,
    compose,
    decompose,
    dequantise_semantic,
    from_windows,
    quantise_semantic,
    to_windows,
)
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import MelSpec
from host_bridge.errors import CuelockError


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """Energy, spread and semantic codes at spec.rate (100) frames a second.

    energy float32 [T]: mean log-mel over the K windows, nats; spread float32 [T] >= 0;
    codes uint8 [T, 2]: upper and lower half, each 0..80.
    Raises CuelockError request.curve when shapes, ranges or numbers are wrong.
    """

    energy: np.ndarray
    spread: np.ndarray
    codes: np.ndarray
    spec: MelSpec

    def __post_init__(self) -> None:
        T = self.energy.shape[0] if self.energy.ndim == 1 else -1
        if self.spread.shape != (T,) or self.codes.shape != (T, 2):
            raise _refused(
                f"energy {self.energy.shape}, spread {self.spread.shape} and codes "
                f"{self.codes.shape} do not belong together"
            )
        if not (np.isfinite(self.energy).all() and np.isfinite(self.spread).all()):
            raise _refused("energy or spread has values that are no numbers")
        if T and ((self.spread < 0).any() or self.codes.min() < 0 or self.codes.max() >= CODES):
            raise _refused("spread is below zero or a code is not in 0..80")

    def __len__(self) -> int:
        return self.energy.shape[0]

    def hint(self) -> Tensor:
        """What steers the ControlNet: E + Q D repeated over bands, float32 [bands, T]."""
        Q = dequantise_semantic(torch.from_numpy(self.codes))
        windows = compose(torch.from_numpy(self.energy), torch.from_numpy(self.spread), Q)
        return from_windows(windows, self.spec)

    def slice(self, start: int, stop: int) -> Curves:
        """Frames [start, stop)."""
        return replace(
            self,
            energy=self.energy[start:stop],
            spread=self.spread[start:stop],
            codes=self.codes[start:stop],
        )

    def copy(self) -> Curves:
        """Curves of their own, to be written to."""
        return self.fitted(len(self))

    def put(self, start: int, part: Curves) -> None:
        """Write a part over the frames from `start` on; what reaches beyond the end is cut."""
        part = part.slice(0, len(self) - start)
        stop = start + len(part)
        self.energy[start:stop] = part.energy
        self.spread[start:stop] = part.spread
        self.codes[start:stop] = part.codes

    def fitted(self, frames: int) -> Curves:
        """Exactly so many frames: cut at the end, or padded there with silence."""
        return self.slice(0, frames)._padded(0, max(0, frames - len(self)))

    def shifted(self, frames: int) -> Curves:
        """Later by so many frames of silence, or earlier by cutting off the beginning."""
        return self.slice(max(0, -frames), len(self))._padded(max(0, frames), 0)

    def _padded(self, before: int, after: int) -> Curves:
        return replace(
            self,
            energy=np.pad(self.energy, (before, after), constant_values=self.spec.log_floor),
            spread=np.pad(self.spread, (before, after)),
            codes=np.pad(self.codes, ((before, after), (0, 0)), constant_values=FLAT_CODE),
        )


def silent_curves(frames: int, spec: MelSpec) -> Curves:
    """Curves [frames] of silence."""
    return Curves(
        energy=np.full(frames, spec.log_floor, np.float32),
        spread=np.zeros(frames, np.float32),
        codes=np.full((frames, 2), FLAT_CODE, np.uint8),
        spec=spec,
    )


class GrowingCurves:
    """Curves [frames] that come in pieces: silence until the pieces come, and after the last."""

    def __init__(self, pieces: Iterable[Curves], frames: int, spec: MelSpec) -> None:
        self.curves = silent_curves(frames, spec)
        self._pieces = iter(pieces)
        self._known = 0

    def __len__(self) -> int:
        return len(self.curves)

    def upto(self, frame: int) -> Curves:
        """The curves, true before a frame."""
        while self._known < min(frame, len(self)):
            piece = next(self._pieces, None)
            if piece is None:
                self._known = len(self)
                break
            self.curves.put(self._known, piece)
            self._known += len(piece)
        return self.curves


def curves_of_mel(mel: Tensor, spec: MelSpec) -> Curves:
    """The curves of one log-mel [bands, T]."""
    energy, spread, semantic = decompose(to_windows(mel, spec))
    return Curves(
        energy=energy.numpy().astype(np.float32),
        spread=spread.numpy().astype(np.float32),
        codes=quantise_semantic(semantic).numpy(),
        spec=spec,
    )


def curves_of_sound(sound: Tensor, spec: MelSpec) -> Curves:
    """The curves of mono sound [samples] at spec.sample_rate."""
    return curves_of_mel(log_mel(sound, spec), spec)


def _refused(why: str) -> CuelockError:
    return CuelockError(
        "request.curve",
        f"These curves cannot be used: {why}.",
        hint="Make them with `cuelock curves MEDIA --to FILE.npz` and edit that file.",
    )
