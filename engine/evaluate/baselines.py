"""What a generated sound is compared with: sounds that need no model of sound."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.evaluate.manifest import Recording
from engine.melqcd.mel import filter_bank, log_mel
from engine.melqcd.spec import MelSpec

_ROUNDS = 64
_COARSE_BANDS, _COARSE_FRAMES = 4, 5  # what is averaged before recordings are compared


def shaped_noise(mel: Tensor, spec: MelSpec, seed: int) -> Tensor:
    """White noise with the magnitudes of a log-mel [bands, T]. Returns [T * hop] samples."""
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(mel.shape[-1] * spec.hop + spec.hop, generator=draw)
    window = torch.hann_window(spec.n_fft)
    usual = window.square().sum().sqrt() * np.sqrt(np.pi) / 2  # mean magnitude of such noise
    return _sound(_stft(noise, spec) / usual * _magnitudes(mel, spec), spec)


def griffin_lim(mel: Tensor, spec: MelSpec, rounds: int = _ROUNDS, seed: int = 0) -> Tensor:
    """Phase by Griffin and Lim (1984) for a log-mel [bands, T]. Returns [T * hop] samples."""
    wanted = _magnitudes(mel, spec)
    draw = torch.Generator().manual_seed(seed)
    spectrum = wanted * torch.exp(2j * torch.pi * torch.rand(wanted.shape, generator=draw))
    for _ in range(rounds):
        again = _stft(_istft(spectrum, spec), spec)
        spectrum = wanted * again / again.abs().clamp(min=1e-9)
    return _sound(spectrum, spec)


def _magnitudes(mel: Tensor, spec: MelSpec) -> Tensor:
    """STFT magnitudes [bins, T + 2] of a log-mel [bands, T]; its ends are repeated once."""
    bank, spread = _bank(spec)
    level = F.pad(torch.exp(mel) / bank[:, None], (1, 1), mode="replicate")
    return spread @ level


@cache
def _bank(spec: MelSpec) -> tuple[Tensor, Tensor]:
    """Sum of each band's weights [bands], and how bins [bins, bands] take their share of bands."""
    bank = filter_bank(spec)
    peaks = bank / bank.max(axis=1, keepdims=True)
    share = peaks / np.maximum(peaks.sum(axis=0), 1e-9)
    return torch.from_numpy(bank.sum(axis=1)).float(), torch.from_numpy(share.T).float()


def _stft(padded: Tensor, spec: MelSpec) -> Tensor:
    """padded [T * hop + hop] -> [bins, T + 2]; its inner frames are those of a mel."""
    window = torch.hann_window(spec.n_fft)
    return torch.stft(padded, spec.n_fft, spec.hop, window=window, return_complex=True)


def _istft(spectrum: Tensor, spec: MelSpec) -> Tensor:
    window = torch.hann_window(spec.n_fft)
    length = (spectrum.shape[-1] - 1) * spec.hop
    return torch.istft(spectrum, spec.n_fft, spec.hop, window=window, length=length)


def _sound(spectrum: Tensor, spec: MelSpec) -> Tensor:
    """Without the half hops that put frame i at (i + 1/2) hops."""
    return _istft(spectrum, spec)[spec.hop // 2 : -(spec.hop // 2)]


def fitted(sound: np.ndarray, samples: int) -> np.ndarray:
    """Exactly so many samples: cut, or silent at the end."""
    return np.pad(sound[:samples], (0, max(0, samples - len(sound))))


def another(recordings: Sequence[Recording], number: int) -> Recording:
    """The next recording of another group."""
    turned = [*recordings[number + 1 :], *recordings[: number + 1]]
    own = recordings[number].group
    return next((one for one in turned if one.group != own), recordings[number])


class Nearest:
    """nearest(sound) -> the recording, of those given, whose mel is nearest to its beginning."""

    def __init__(self, recordings: Sequence[Recording], spec: MelSpec) -> None:
        self._spec = spec
        self._recordings = recordings
        self._mels = [self._coarse(one.sound(spec.sample_rate)) for one in recordings]

    def __call__(self, sound: np.ndarray) -> Recording:
        wanted = self._coarse(sound)
        frames = wanted.shape[-1]
        silence = self._spec.log_floor
        distances = [
            (F.pad(mel[:, :frames], (0, max(0, frames - mel.shape[-1])), value=silence) - wanted)
            .abs()
            .mean()
            for mel in self._mels
        ]
        return self._recordings[int(torch.stack(distances).argmin())]

    def _coarse(self, sound: np.ndarray) -> Tensor:
        mel = log_mel(torch.from_numpy(sound), self._spec)
        pooled = F.avg_pool2d(mel[None], (_COARSE_BANDS, _COARSE_FRAMES), ceil_mode=True)
        return pooled[0]
