"""Sound to log-mel: the one front end of training, prediction targets and measurement."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.melqcd.spec import MelSpec

# Slaney's Auditory Toolbox scale: linear below 1 kHz, logarithmic above.
_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def _mel_of_hz(hz: np.ndarray) -> np.ndarray:
    return np.where(
        hz < _BREAK_HZ,
        hz / _HZ_PER_MEL,
        _BREAK_MEL + np.log(np.maximum(hz, 1e-9) / _BREAK_HZ) / _LOG_STEP,
    )


def _hz_of_mel(mel: np.ndarray) -> np.ndarray:
    return np.where(
        mel < _BREAK_MEL, mel * _HZ_PER_MEL, _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP)
    )


def filter_bank(spec: MelSpec) -> np.ndarray:
    """Triangular Slaney bands of unit area.

    Returns float64 [bands, n_fft // 2 + 1]. A band narrower than a bin takes the nearest bin, so
    that no band is empty. Source: M. Slaney, Auditory Toolbox (1998), mfcc.m.
    """
    edges_mel = np.linspace(
        _mel_of_hz(np.array(spec.low_hz)), _mel_of_hz(np.array(spec.high_hz)), spec.bands + 2
    )
    edges = _hz_of_mel(edges_mel)
    bins = np.arange(spec.n_fft // 2 + 1) * spec.sample_rate / spec.n_fft
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.maximum(0.0, np.minimum(rising, falling))
    for band in np.flatnonzero(bank.sum(axis=1) == 0):
        bank[band, int(np.argmin(np.abs(bins - edges[band + 1])))] = 1.0
    return bank * (2.0 / (edges[2:] - edges[:-2]))[:, None]


@cache
def _bank_and_window(spec: MelSpec, device: torch.device) -> tuple[Tensor, Tensor]:
    bank = torch.from_numpy(filter_bank(spec)).to(device, torch.float32)
    return bank, torch.hann_window(spec.n_fft, device=device)


def log_mel(sound: Tensor, spec: MelSpec) -> Tensor:
    """Natural-log mel-spectrogram of absolute level.

    sound: float [..., samples] at spec.sample_rate, full scale 1.
    Returns float32 [..., bands, spec.frames(samples)]; the tail is padded with silence.
    Source: Mel-QCD section 3 front end, with n_fft 2048.
    """
    mel = log_mel_of(spectrum(sound.reshape(-1, sound.shape[-1]), spec), spec)
    return mel.reshape(*sound.shape[:-1], *mel.shape[-2:])


def spectrum(sound: Tensor, spec: MelSpec) -> Tensor:
    """The spectra a mel is of: sound [B, samples] -> complex [B, n_fft // 2 + 1, frames]."""
    _, window = _bank_and_window(spec, sound.device)
    samples = sound.shape[-1]
    missing = spec.frames(samples) * spec.hop - samples
    edge = (spec.n_fft - spec.hop) // 2
    flat = F.pad(sound.float(), (0, missing))
    mode = "reflect" if flat.shape[-1] > edge else "constant"
    flat = F.pad(flat[:, None], (edge, edge), mode=mode)[:, 0]
    return torch.stft(flat, spec.n_fft, spec.hop, window=window, center=False, return_complex=True)


def log_mel_of(spectra: Tensor, spec: MelSpec) -> Tensor:
    """Log-mel [B, bands, frames] of what `spectrum` gives."""
    bank, _ = _bank_and_window(spec, spectra.device)
    magnitude = torch.sqrt(spectra.real.square() + spectra.imag.square() + 1e-9)
    return torch.log(torch.clamp(bank @ magnitude, min=spec.floor))
