"""Energy projection: what is delivered follows the wanted energy curve.

A codec's mels have the wanted energy already. After the vocoder a gain, smooth between mel frames,
takes out what is left; being multiplicative it keeps every transient where it is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.melqcd.decompose import to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import MelSpec

NATS_TO_DB = 20 / np.log(10)
_MOST_RISE = 3.0  # nats a round; what the vocoder left silent is not amplified without end
_SILENCING = 5.0  # nats a round where silence is wanted
_AUDIBLE_DB = 50.0  # frames so far below the peak are not judged


def follow_energy(sound: Tensor, energy: Tensor, spec: MelSpec) -> Tensor:
    """Sound [T * hop] with the energy curve [T] (nats) imposed by a smooth gain."""
    sound = sound.clone()
    total = torch.zeros_like(energy)
    silent = energy < spec.log_floor + 0.05
    # The more hops a frame sees, the more its neighbours' gains have to settle with its own.
    for _ in range(spec.n_fft // spec.hop):
        error = energy - energy_of(sound * _gain(total, spec), spec)
        total = total + error.clamp(-4.0, _MOST_RISE).where(~silent, torch.tensor(-_SILENCING))
    return sound * _gain(total.clamp(-20.0, 6.0), spec)


def energy_of(sound: Tensor, spec: MelSpec) -> Tensor:
    """Energy curve [T] in nats of mono sound [samples]."""
    return to_windows(log_mel(sound, spec), spec).mean(dim=-2)


def energy_error_db(wanted: Tensor, delivered: Tensor) -> tuple[float, float]:
    """Mean absolute error in dB, and the share of frames within 1.5 dB.

    Judged on frames within 50 dB of the wanted curve's peak (design figure of locked energy).
    """
    judged = wanted > wanted.max() - _AUDIBLE_DB / NATS_TO_DB
    error = (wanted - delivered)[judged].abs() * NATS_TO_DB
    return float(error.mean()), float((error <= 1.5).float().mean())


def _gain(log_gain: Tensor, spec: MelSpec) -> Tensor:
    """Per-sample gain [T * hop] from log gains at frame centres (i + 1/2) hops."""
    up = torch.nn.functional.interpolate(
        log_gain[None, None], scale_factor=float(spec.hop), mode="linear", align_corners=False
    )
    return torch.exp(up[0, 0])
