"""Level against pyloudnorm and against tones whose figures are known."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.stems.level import (
    CEILING_DBTP,
    Spool,
    limit_true_peak,
    loudness,
    true_peak_dbtp,
)

RATE = 48_000


def spooled(folder: Path, sound: np.ndarray) -> Spool:
    spool = Spool(folder / "s.f32")
    for part in np.array_split(sound, 7):
        spool.append(part)
    return spool


def tone(hz: float, seconds: float, amplitude: float, phase: float = 0.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * time + phase)).astype(np.float32)


@settings(max_examples=12)
@given(seed=st.integers(0, 1000), seconds=st.floats(0.5, 25))
def test_integrated_loudness_is_pyloudnorms(
    tmp_path_factory: pytest.TempPathFactory, seed: int, seconds: float
) -> None:
    rng = np.random.default_rng(seed)
    samples = round(seconds * 10) * RATE // 10
    swell = 10 ** np.interp(np.arange(samples), [0, samples / 2, samples], rng.uniform(-3, -0.6, 3))
    sound = (rng.normal(size=samples) * swell).astype(np.float32)
    ours = loudness(spooled(tmp_path_factory.mktemp("level"), sound)).integrated_lufs
    theirs = pyloudnorm.Meter(RATE).integrated_loudness(sound.astype(np.float64))
    assert ours == pytest.approx(theirs, abs=0.05)


def test_the_reference_tone_reads_minus_twenty_three(tmp_path: Path) -> None:
    # EBU Tech 3341, case 1, on one channel: 3 LU less than the same tone on two.
    level = loudness(spooled(tmp_path, tone(1000, 20, 10 ** (-23 / 20))))
    for figure in (level.integrated_lufs, level.momentary_lufs, level.short_term_lufs):
        assert figure == pytest.approx(-26.0, abs=0.1)
    assert level.range_lu == pytest.approx(0.0, abs=0.1)


def test_loudness_range_of_two_levels_is_their_distance(tmp_path: Path) -> None:
    # EBU Tech 3342, case 1: 20 s at -20, 20 s at -30: 10 LU.
    sound = np.concatenate([tone(1000, 20, 0.1), tone(1000, 20, 0.1 / 10**0.5)])
    assert loudness(spooled(tmp_path, sound)).range_lu == pytest.approx(10, abs=1)


def test_a_peak_between_samples_is_seen(tmp_path: Path) -> None:
    quarter = tone(RATE / 4, 1, 0.5, phase=np.pi / 4)  # its samples reach 0.354 only
    assert true_peak_dbtp(spooled(tmp_path, quarter)) == pytest.approx(-6.02, abs=0.3)


def test_short_and_silent_sounds_have_no_loudness(tmp_path: Path) -> None:
    assert loudness(spooled(tmp_path, tone(500, 0.2, 0.5))).integrated_lufs is None
    assert loudness(spooled(tmp_path, np.zeros(RATE, np.float32))).integrated_lufs is None


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), peak=st.floats(0.9, 4.0))
def test_limited_sound_stays_below_the_ceiling(
    tmp_path_factory: pytest.TempPathFactory, seed: int, peak: float
) -> None:
    rng = np.random.default_rng(seed)
    sound = rng.normal(size=RATE) * 0.02
    for at in rng.integers(500, RATE - 500, 6):
        sound[at : at + 300] += peak * rng.normal(size=300) / 3 * np.exp(-np.arange(300) / 60)
    spool = spooled(tmp_path_factory.mktemp("limit"), sound.astype(np.float32))
    limit_true_peak(spool)
    assert true_peak_dbtp(spool) <= CEILING_DBTP
    assert len(spool) == RATE


def test_limiting_touches_only_what_is_near_a_peak(tmp_path: Path) -> None:
    sound = tone(440, 25, 0.2)
    sound[600_000:600_050] *= 6
    spool = spooled(tmp_path, sound)
    limit_true_peak(spool)
    after = spool.read(0, len(sound))
    far = np.abs(np.arange(len(sound)) - 600_025) > RATE // 50
    np.testing.assert_allclose(after[far], sound[far], atol=1e-6)


def test_quiet_sound_is_left_alone(tmp_path: Path) -> None:
    sound = tone(440, 1, 0.5)
    spool = spooled(tmp_path, sound)
    limit_true_peak(spool)
    np.testing.assert_array_equal(spool.read(0, len(sound)), sound)


def test_a_spool_reads_zeros_outside(tmp_path: Path) -> None:
    spool = spooled(tmp_path, np.arange(10, dtype=np.float32))
    np.testing.assert_array_equal(spool.read(-2, 3), [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(spool.read(8, 12), [8, 9, 0, 0])
    np.testing.assert_array_equal(spool.read(20, 22), [0, 0])
