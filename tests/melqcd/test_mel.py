"""The mel front end against scipy's STFT and first principles."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import get_window

from engine.melqcd.mel import filter_bank, log_mel
from engine.melqcd.spec import SMALL


def test_frames_equal_a_direct_transform_written_from_the_definition() -> None:
    sound = np.random.default_rng(1).normal(size=48_000).astype(np.float32) * 0.1
    mel = log_mel(torch.from_numpy(sound), SMALL)
    window = get_window("hann", SMALL.n_fft)
    for frame in (10, 50, 90):
        centre = frame * SMALL.hop + SMALL.hop // 2
        part = sound[centre - SMALL.n_fft // 2 : centre + SMALL.n_fft // 2]
        magnitude = np.sqrt(np.abs(np.fft.rfft(part * window)) ** 2 + 1e-9)
        expected = np.log(np.maximum(filter_bank(SMALL) @ magnitude, 1e-5))
        np.testing.assert_allclose(mel[:, frame], expected, atol=1e-3)


def test_bands_have_unit_area_and_their_peaks_rise() -> None:
    bank = filter_bank(SMALL)
    step = SMALL.sample_rate / SMALL.n_fft
    wide = bank[60:]
    np.testing.assert_allclose(wide.sum(axis=1) * step, 1.0, rtol=0.05)
    assert (np.diff(bank.argmax(axis=1)) >= 0).all()
    assert (bank.sum(axis=1) > 0).all()


def test_a_tone_sounds_in_the_band_that_holds_it() -> None:
    time = np.arange(48_000) / 48_000
    for hz in (120.0, 1000.0, 6000.0, 15_000.0):
        mel = log_mel(torch.from_numpy(np.sin(2 * np.pi * hz * time)), SMALL)
        bins = np.arange(SMALL.n_fft // 2 + 1) * SMALL.sample_rate / SMALL.n_fft
        bank = filter_bank(SMALL)
        loudest = int(mel[:, 50].argmax())
        centre = (bank[loudest] * bins).sum() / bank[loudest].sum()
        assert abs(centre - hz) < max(40.0, 0.06 * hz)


@settings(max_examples=15)
@given(st.integers(1, 9_000))
def test_any_length_gives_its_frames(samples: int) -> None:
    mel = log_mel(torch.zeros(2, samples), SMALL)
    assert mel.shape == (2, SMALL.bands, -(-samples // SMALL.hop))


def test_silence_is_the_floor_and_level_is_absolute() -> None:
    silence = log_mel(torch.zeros(9600), SMALL)
    torch.testing.assert_close(silence, torch.full_like(silence, SMALL.log_floor))
    sound = torch.randn(9600) * 0.1
    quieter = log_mel(sound, SMALL) - log_mel(sound * 0.5, SMALL)
    torch.testing.assert_close(
        quieter.mean(), torch.tensor(np.log(2.0), dtype=torch.float32), atol=0.01, rtol=0
    )
