"""Bootstrap intervals draw groups, are the same for the same seed, and cover what they should."""

from __future__ import annotations

import numpy as np

from engine.evaluate.interval import interval, mean


def test_takes_of_one_recording_do_not_narrow_an_interval() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.standard_normal(12), 10)
    alone = mean(values, [str(n) for n in range(120)])
    grouped = mean(values, [str(n // 10) for n in range(120)])
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    values, groups = np.arange(9.0), [str(n % 4) for n in range(9)]
    assert mean(values, groups, seed=3) == mean(values, groups, seed=3)
    assert mean(values, groups, seed=3) != mean(values, groups, seed=4)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    groups = [str(n) for n in range(40)]
    held = 0
    for _ in range(200):
        found = mean(rng.standard_normal(40), groups)
        held += found.low <= 0 <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_what_is_no_number_does_not_count_and_nothing_at_all_says_so() -> None:
    found = mean([1.0, np.nan, 3.0], ["a", "b", "c"])
    assert (found.value, found.recordings) == (2.0, 2)
    assert mean([np.nan], ["a"]).recordings == 0


def test_the_statistic_is_told_how_often_each_recording_was_drawn() -> None:
    drawn: list[np.ndarray] = []

    def count(weights: np.ndarray) -> float:
        drawn.append(weights)
        return float(weights.sum())

    found = interval(count, ["a", "a", "b"], rounds=20)
    assert found.value == 3
    assert all(weights[0] == weights[1] for weights in drawn)
    assert {float(weights[0] + weights[2]) for weights in drawn} == {2.0}
