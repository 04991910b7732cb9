"""The delivered energy follows the wanted curve, and attacks stay where they are."""

import numpy as np
import torch
from scipy.signal import lfilter

from engine.generate.project import energy_error_db, energy_of, follow_energy
from engine.melqcd.spec import SMALL


def bursts(onsets: list[int], frames: int, seed: int) -> torch.Tensor:
    """Decaying coloured noise bursts at the given samples, a faint bed under them."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(size=frames * SMALL.hop) * 1e-3
    for onset in onsets:
        tail = rng.normal(size=len(sound) - onset) * np.exp(-np.arange(len(sound) - onset) / 4000)
        sound[onset:] += 0.3 * tail
    return torch.from_numpy(lfilter([1.0], [1.0, -0.7], sound).astype(np.float32) * 0.5)


def test_a_bursts_curve_is_followed_by_a_steady_sound_within_the_promise() -> None:
    wanted = energy_of(bursts([9_600, 33_600, 60_000], 200, 0), SMALL)
    steady = (
        torch.from_numpy(np.random.default_rng(1).normal(size=96_000).astype(np.float32)) * 0.05
    )
    mean, within = energy_error_db(wanted, energy_of(follow_energy(steady, wanted, SMALL), SMALL))
    assert mean < 0.5
    assert within >= 0.95


def test_a_matching_sound_keeps_its_attacks_to_the_sample() -> None:
    sound = bursts([24_000], 100, 2)
    wanted = energy_of(sound, SMALL) + 0.5
    louder = follow_energy(sound, wanted, SMALL)
    gain = louder[23_000:30_000] / sound[23_000:30_000]
    assert gain.log().sub(0.5).abs().max() < 0.1


def test_silence_wanted_is_silence_delivered() -> None:
    wanted = torch.full((100,), SMALL.log_floor)
    wanted[:50] = -4.0
    sound = follow_energy(torch.randn(48_000) * 0.1, wanted, SMALL)
    assert sound[30_000:].abs().max() < 1e-4 * sound[:20_000].abs().max()
