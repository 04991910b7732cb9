"""What was delivered, measured on the finished samples against the wanted curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import soxr
import torch
from torch import Tensor

from engine.generate.project import energy_error_db
from engine.melqcd.decompose import to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import MelSpec
from engine.stems.level import RATE, Loudness, Spool
from host_bridge.protocol import Measures

_BLOCK = 1000  # mel frames looked at together
_RINGING = 2  # frames over which resampling rings
PLOT_COLUMNS = 2400
_RISE = 1.5  # nats above the last 50 ms that make an onset of an energy curve
_APART = 10  # frames between onsets
_TOLERANCE = 5  # frames: 50 ms


class Delivered(NamedTuple):
    """energy [T] of a stem, and its mel [bands, <= PLOT_COLUMNS] for a picture."""

    energy: Tensor
    mel: np.ndarray


def delivered(spool: Spool, spec: MelSpec) -> Delivered:
    """Read a stem's curve and mel back, block by block."""
    frames = -(-len(spool) * spec.rate // RATE)
    pool = -(-frames // PLOT_COLUMNS)
    energies: list[Tensor] = []
    columns: list[Tensor] = []
    for start in range(0, frames, _BLOCK):
        mel = mel_between(spool, start, min(start + _BLOCK, frames), spec)
        energies.append(to_windows(mel, spec).mean(dim=0))
        columns.append(torch.nn.functional.max_pool1d(mel[None], pool, ceil_mode=True)[0])
    return Delivered(torch.cat(energies), torch.cat(columns, dim=1).numpy())


def mel_between(spool: Spool, start: int, stop: int, spec: MelSpec) -> Tensor:
    """Log-mel [bands, stop - start] of a stem's frames [start, stop)."""
    hop = RATE // spec.rate
    margin = -(-(spec.n_fft - spec.hop) // (2 * spec.hop))  # what a frame sees beyond itself
    margin += _RINGING * (spec.sample_rate != RATE)
    begin, end = max(0, start - margin), min(-(-len(spool) // hop), stop + margin)
    sound = spool.read(begin * hop, min(end * hop, len(spool)))
    if spec.sample_rate != RATE:
        sound = soxr.resample(sound, RATE, spec.sample_rate)
    return log_mel(torch.from_numpy(sound), spec)[:, start - begin : stop - begin]


def measures(wanted: Tensor, got: Tensor, level: Loudness) -> Measures:
    """Report of a stem. wanted, got [T]: energy in nats, gain included in both."""
    mean, within = energy_error_db(wanted, got)
    return Measures(
        energy_error_db=mean,
        energy_within=within,
        energy_correlation=_correlation(wanted, got),
        onset_f1=_onset_f1(onsets(wanted.numpy()), onsets(got.numpy())),
        loudness_lufs=level.integrated_lufs,
        true_peak_dbtp=level.true_peak_dbtp if level.true_peak_dbtp is not None else -200.0,
    )


def onsets(energy: np.ndarray) -> list[int]:
    """Frames at which an energy curve [T] rises by 1.5 nats within 50 ms."""
    rise = energy - _lowest_before(energy)
    found: list[int] = []
    for frame in np.flatnonzero(rise > _RISE):
        if not found or frame - found[-1] >= _APART:
            found.append(int(frame))
    return found


def _lowest_before(energy: np.ndarray) -> np.ndarray:
    padded = np.pad(energy, (_TOLERANCE, 0), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, _TOLERANCE + 1).min(axis=1)


def _onset_f1(wanted: list[int], got: list[int]) -> float | None:
    """F1 of onsets matched one to one within 50 ms; None where nothing was wanted."""
    if not wanted:
        return None
    left, hits = list(got), 0
    for onset in wanted:
        near = [other for other in left if abs(other - onset) <= _TOLERANCE]
        if near:
            left.remove(min(near, key=lambda other: abs(other - onset)))
            hits += 1
    return 2 * hits / (len(wanted) + len(got))


def _correlation(wanted: Tensor, got: Tensor) -> float | None:
    if len(wanted) < 2 or float(wanted.std()) == 0 or float(got.std()) == 0:
        return None
    return float(torch.corrcoef(torch.stack([wanted, got]))[0, 1])
