"""Another speed and another room: what they change, and what they must not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.train.augment import Augmentation, Augmenter, at_speed, in_room, rooms

RATE = 48_000


@pytest.fixture(scope="module")
def responses() -> list[np.ndarray]:
    return list(rooms(4, np.random.default_rng(1)))


@pytest.mark.parametrize("speed", [0.84, 1.0, 1.19, 2.0])
def test_speed_moves_pitch_and_length_together(speed: float) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    played = at_speed(tone, speed)
    assert len(played) == pytest.approx(RATE / speed, abs=1)
    middle = played[len(played) // 4 : -len(played) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    hz = np.argmax(spectrum) * RATE / len(middle)
    assert hz == pytest.approx(1000 * speed, abs=RATE / len(middle))
    assert np.abs(middle).max() == pytest.approx(1, abs=0.01)


def test_a_room_leaves_the_attack_where_it_was_and_the_peak_as_loud(
    responses: list[np.ndarray],
) -> None:
    click = np.zeros(RATE, np.float32)
    click[1000] = 0.5
    for response in responses:
        wet = in_room(click, response)
        assert np.abs(wet).argmax() == 1000
        assert np.abs(wet).max() == pytest.approx(0.5)
        assert np.abs(wet[:1000]).max() < 1e-6
        assert len(wet) == RATE + len(response) - 1


def test_rooms_ring_and_die_away(responses: list[np.ndarray]) -> None:
    for response in responses:
        assert response[0] == 1
        power = np.square(response.astype(float))
        early, late = power[: RATE // 20].sum(), power[RATE // 10 :].sum()
        assert 0 < late < early


def test_a_room_is_linear(responses: list[np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    sound = rng.normal(size=RATE // 4).astype(np.float32)
    once, halved = in_room(sound, responses[0]), in_room(sound / 2, responses[0])
    np.testing.assert_allclose(once, 2 * halved, atol=1e-5)


def test_without_numbers_a_window_is_as_it_was_recorded() -> None:
    def recorded(samples: int) -> np.ndarray:
        return np.arange(samples, dtype=np.float32)

    window = Augmenter(Augmentation()).window(recorded, 960, np.random.default_rng(0))
    np.testing.assert_array_equal(window, np.arange(960))


def test_windows_have_their_length_and_are_the_same_for_the_same_seed() -> None:
    augmenter = Augmenter(Augmentation(semitones=4, in_room=0.5, rooms=2))

    def recorded(samples: int) -> np.ndarray:
        return np.sin(np.arange(samples) / 9).astype(np.float32)

    windows = [
        [augmenter.window(recorded, 9_600, rng) for _ in range(6)]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    ]
    np.testing.assert_array_equal(windows[0], windows[1])
    assert all(window.dtype == np.float32 for window in windows[0])
    assert {window.shape for window in windows[0]} == {(9_600,)}
    assert not np.allclose(windows[0][0], windows[0][1])


@pytest.mark.parametrize("wrong", [{"semitones": -1.0}, {"in_room": 1.5}, {"rooms": 0}])
def test_impossible_numbers_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="semitones"):
        Augmentation(**wrong)
