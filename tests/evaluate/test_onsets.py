"""Onset measures: stored values of librosa, laws of the scores, scipy beside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate import odf, sync
from engine.melqcd.onsets import RATE, flux, strict_onsets

SECONDS = 2
STRIKES = (3000, 12_000, 20_000, 31_000)  # samples at 22,050 Hz


def strikes(rate: int, gain: float = 1.0) -> np.ndarray:
    """Four decaying strikes of noise."""
    rng = np.random.default_rng(0)
    sound = np.zeros(SECONDS * rate, np.float32)
    length = 3000 * rate // odf.RATE
    for at in STRIKES:
        begin = at * rate // odf.RATE
        decay = np.exp(-np.arange(length) / (length / 5))
        sound[begin : begin + length] += rng.standard_normal(length) * decay
    return gain * sound / np.abs(sound).max()


def test_the_onset_function_is_librosas() -> None:
    # librosa 0.11.0: onset_strength(y=strikes(22050), sr=22050); onset_detect(..., delta=0.3).
    function = odf.onset_function(strikes(odf.RATE))
    stored = {6: 20.737, 7: 44.133, 24: 51.928, 25: 17.831, 40: 61.125, 61: 48.067, 62: 21.024}
    assert function.shape == (87,)
    assert function[list(stored)] == pytest.approx(list(stored.values()), abs=1e-3)
    assert function.sum() == pytest.approx(292.303, abs=1e-2)
    assert odf.detected(function).tolist() == [3584, 12_288, 20_480, 31_232]


def test_onset_accuracy_counts_each_onset_once_and_forgets_extra_ones() -> None:
    real = np.array([1000.0, 10_000.0])
    assert odf.onset_accuracy(real, real) == 1
    assert odf.onset_accuracy(real, np.array([1000.0, 1100.0])) == 0.5
    assert odf.onset_accuracy(real, np.arange(0, 20_000, 500.0)) == 1
    assert odf.onset_accuracy(np.zeros(0), real) == 0


def test_thinning_keeps_the_loudest_of_neighbours() -> None:
    sound = np.zeros(odf.RATE, np.float32)
    sound[[5000, 8000]] = 0.5, 1.0
    onsets = np.array([5000.0, 7500.0, 8000.0, 20_000.0])
    assert odf.thinned(onsets, sound).tolist() == [5000, 7500, 20_000]


def test_distances_of_onset_functions_are_zero_for_the_same_and_seconds_for_a_shift() -> None:
    function = odf.onset_function(strikes(odf.RATE))
    later = np.roll(function, 10)
    assert odf.onset_divergence(function, function) == pytest.approx(0, abs=1e-9)
    assert odf.value_distance(function, function) == 0
    assert odf.value_distance(function, later) == pytest.approx(0)
    assert odf.time_distance(function, later) == pytest.approx(10 * 512 / odf.RATE, rel=0.01)
    assert odf.onset_divergence(function, later) == pytest.approx(
        odf.onset_divergence(later, function)
    )
    silence = np.zeros_like(function)
    assert odf.onset_divergence(function, silence) == pytest.approx(np.log(2))


def test_precision_of_a_sounds_own_onsets_is_one_and_of_another_moment_none() -> None:
    sound = strikes(RATE)
    onsets, rise = strict_onsets(sound), flux(sound)
    assert len(onsets) == len(STRIKES)
    assert sync.onset_precision(onsets, rise, 0.05) == pytest.approx(1)
    assert sync.onset_precision(onsets + 0.2, rise, 0.05) == 0
    assert np.isnan(sync.onset_precision(np.zeros(0), rise, 0.05))


def test_guesses_that_are_surer_of_wrong_moments_cost_precision() -> None:
    flux = np.zeros(100)
    flux[[20, 60]] = 0.5, 1.0
    assert sync.onset_precision(np.array([0.2]), flux, 0.05) == 0.5
    assert sync.onset_precision(np.array([0.6]), flux, 0.05) == 1


@given(st.integers(-9, 9))
def test_a_shifted_level_is_found_where_it_was_put(frames: int) -> None:
    level = sync.log_energy(strikes(RATE))
    found = sync.offset_seconds(level, np.roll(level, frames))
    assert found == pytest.approx(0.02 * frames)


@given(st.lists(st.floats(0, 5), max_size=8), st.lists(st.floats(0, 5), max_size=8))
def test_f1_is_between_none_and_all_and_one_for_the_same(a: list[float], b: list[float]) -> None:
    assert 0 <= sync.onset_f1(a, np.array(b), 0.05) <= 1
    if a:
        assert sync.onset_f1(a, np.array(a), 0.05) == 1


def test_level_and_onsets_do_not_change_with_gain_but_for_decibels() -> None:
    loud, soft = strikes(RATE), strikes(RATE, gain=0.1)
    assert strict_onsets(loud).tolist() == strict_onsets(soft).tolist()
    assert sync.energy_correlation(sync.log_energy(loud), sync.log_energy(soft)) > 0.999
