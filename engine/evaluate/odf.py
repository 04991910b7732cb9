"""The paper's onset measures: Onset ACC, and JS-Div and W-Dis of onset detection functions.

The onset function is that of librosa 0.10 (`onset_strength`, `onset_detect`), whose settings these
measures are published with, written anew: mean over 128 Slaney bands of the rise of the log-mel,
22,050 Hz, hop 512.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from engine.evaluate.distances import jensen_shannon
from engine.melqcd.mel import filter_bank
from engine.melqcd.spec import MelSpec

RATE = 22_050
_HOP, _FFT = 512, 2048
_SPEC = MelSpec(sample_rate=RATE, hop=_HOP, n_fft=_FFT, bands=128, low_hz=0.0, high_hz=RATE / 2)
_DELTA = 0.3
_WAIT = 0.03 * RATE // _HOP
_AROUND = int(0.1 * RATE // _HOP)
_THINNED_SECONDS = 0.05
_TOLERANCE_SECONDS = 0.1


def onset_function(sound: np.ndarray) -> np.ndarray:
    """Onset strength [frames] of mono sound at 22,050 Hz; frame i is centred at i hops."""
    padded = torch.from_numpy(np.asarray(sound, np.float32))
    window = torch.hann_window(_FFT)
    stft = torch.stft(padded, _FFT, _HOP, window=window, pad_mode="constant", return_complex=True)
    bank = torch.from_numpy(filter_bank(_SPEC)).float()
    level = 10 * torch.log10((bank @ stft.abs().square()).clamp(min=1e-10))
    level = level.clamp(min=float(level.max()) - 80)
    rise = (level[:, 1:] - level[:, :-1]).clamp(min=0).mean(dim=0)
    # A rise belongs to its later frame, and half a window later still.
    late = 1 + _FFT // (2 * _HOP)
    return F.pad(rise, (late, 0))[: level.shape[1]].numpy()


def detected(function: np.ndarray) -> np.ndarray:
    """Samples (at 22,050 Hz) of the peaks of an onset function, as `onset_detect` picks them.

    Normalised to 0..1; a peak is the highest since 30 ms, above the mean over 100 ms to both sides
    by 0.3, more than 30 ms after the last. Source: Böck et al. (2012), section 2.2.
    """
    if not function.any():
        return np.zeros(0)
    o = function - function.min()
    o = o / o.max()
    before = int(_WAIT)
    found: list[int] = []
    for n, value in enumerate(o):
        highest = o[max(0, n - before) : n + 1].max()
        mean = o[max(0, n - _AROUND) : n + _AROUND + 1].mean()
        fresh = not found or n - found[-1] > _WAIT
        if value == highest and value >= mean + _DELTA and fresh:
            found.append(n)
    return np.array(found, float) * _HOP


def thinned(onsets: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """Onsets (samples) of which none is within 50 ms of a surer one.

    How sure: the loudest sample within 50 ms of sound at 22,050 Hz.
    """
    reach = int(_THINNED_SECONDS * RATE)
    sure = [
        np.abs(sound[max(0, int(at) - reach) : int(at) + reach + 1]).max(initial=0) for at in onsets
    ]
    kept: list[float] = []
    for number in np.argsort(-np.array(sure), kind="stable"):
        if all(abs(onsets[number] - other) > reach for other in kept):
            kept.append(float(onsets[number]))
    return np.array(sorted(kept))


def onset_accuracy(real: np.ndarray, made: np.ndarray) -> float:
    """Onset ACC: share of real onsets (samples) that claim an unused made one within 0.1 s.

    0 where there is no real one. Source: Du et al., CondFoleyGen (2023), as Mel-QCD cites it.
    """
    left = list(made)
    hits = 0
    for onset in real:
        near = [other for other in left if abs(other - onset) <= _TOLERANCE_SECONDS * RATE]
        if near:
            left.remove(min(near, key=lambda other: abs(other - onset)))
            hits += 1
    return hits / len(real) if len(real) else 0.0


def onset_divergence(real: np.ndarray, made: np.ndarray) -> float:
    """JS-Div: Jensen-Shannon divergence of two onset functions over time, nats."""
    frames = min(len(real), len(made))
    p, q = real[:frames], made[:frames]
    if not p.sum() or not q.sum():
        return 0.0 if p.sum() == q.sum() else float(np.log(2))
    return jensen_shannon(p / p.sum(), q / q.sum())


def value_distance(real: np.ndarray, made: np.ndarray) -> float:
    """W-Dis: 1-Wasserstein distance between the values of two onset functions."""
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(real, made))


def time_distance(real: np.ndarray, made: np.ndarray) -> float:
    """W-Dis over time, seconds: how far onset strength must be moved. nan where there is none."""
    from scipy.stats import wasserstein_distance

    if not real.sum() or not made.sum():
        return float("nan")
    seconds = np.arange(max(len(real), len(made))) * _HOP / RATE
    return float(wasserstein_distance(seconds[: len(real)], seconds[: len(made)], real, made))
