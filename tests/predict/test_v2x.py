"""The predictor's plumbing: time is exact, focus weighs, chunks join, ambience is steady."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.melqcd.spec import SMALL
from engine.picture.features import CHANNELS, GRID, PictureFeatures
from engine.predict.focus import cells_of
from engine.predict.spot import APART, peaks
from engine.predict.v2x import TEXT_WIDTH, TICK_RATE, V2X, predict, predict_curves, ticks_of
from host_bridge.errors import CuelockError

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60000, 1001)]


def features(motion: np.ndarray, rate: Fraction = Fraction(25)) -> PictureFeatures:
    return PictureFeatures(
        rate=rate, start=0, motion=motion, appearance=np.zeros((1, 1280), np.float32), cuts=[]
    )


@pytest.fixture(scope="module")
def network() -> V2X:
    torch.manual_seed(0)
    return V2X().eval()


@given(rate=st.sampled_from(RATES), frame=st.integers(2, 80))
def test_a_frames_motion_stands_in_the_time_before_it(rate: Fraction, frame: int) -> None:
    motion = np.zeros((100, CHANNELS, *GRID), np.float32)
    motion[frame] = 1.0
    ticks = ticks_of(features(motion, rate), 0, int(100 / rate * TICK_RATE))[:, 0, 0, 0]
    moments = (np.arange(len(ticks)) + 0.5) / TICK_RATE
    centre = (moments * ticks).sum() / ticks.sum()
    assert centre == pytest.approx(float((frame - Fraction(1, 2)) / rate), abs=0.5 / TICK_RATE)


def test_long_ranges_are_predicted_as_short_ones_are(network: V2X) -> None:
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(25 * 80, CHANNELS, *GRID)).astype(np.float32)
    words = torch.randn(1, TEXT_WIDTH)
    joined = predict(network, features(motion), words, cells_of(None), 8000, looking=True)
    assert joined.energy.shape == (1, 8000)
    ticks = torch.from_numpy(ticks_of(features(motion), 2750, 3250))[None]
    with torch.no_grad():
        middle = network(ticks, words, cells_of(None)[None], torch.ones(1))
    near = slice(400, 600)  # round the join at tick 3000
    torch.testing.assert_close(
        joined.energy[:, 5500:6500][:, near], middle.energy[:, near], atol=0.05, rtol=0
    )


@given(frames=st.integers(1, 400))
def test_curves_have_the_frames_asked_for(network: V2X, frames: int) -> None:
    motion = np.zeros((30, CHANNELS, *GRID), np.float32)
    pieces = predict_curves(
        network, features(motion), torch.zeros(1, TEXT_WIDTH),
        focus=None, behaviour="auto", frames=frames, spec=SMALL,
    )  # fmt: skip
    assert sum(len(piece) for piece in pieces) == frames


def test_ambience_is_the_same_whatever_moves(network: V2X) -> None:
    rng = np.random.default_rng(0)
    words = torch.randn(1, TEXT_WIDTH)

    def energy(behaviour: str, scale: float) -> np.ndarray:
        motion = scale * rng.normal(size=(100, CHANNELS, *GRID)).astype(np.float32)
        pieces = predict_curves(
            network, features(motion), words,
            focus=None, behaviour=behaviour, frames=400, spec=SMALL,  # type: ignore[arg-type]
        )  # fmt: skip
        return np.concatenate([piece.energy for piece in pieces])

    np.testing.assert_array_equal(energy("ambience", 0.0), energy("ambience", 3.0))
    assert np.abs(energy("sync", 0.0) - energy("sync", 3.0)).max() > 0.1


def test_a_focus_hears_only_its_part_of_the_picture(network: V2X) -> None:
    motion = np.zeros((100, CHANNELS, *GRID), np.float32)
    moved = motion.copy()
    moved[40:60, :, :, 7:] = 2.0

    def energy(motion: np.ndarray, focus: str) -> np.ndarray:
        pieces = predict_curves(
            network, features(motion), torch.ones(1, TEXT_WIDTH),
            focus=focus, behaviour="sync", frames=400, spec=SMALL,
        )  # fmt: skip
        return np.concatenate([piece.energy for piece in pieces])

    left, right = "0,0,0.5,1", "0.7,0,0.3,1"
    assert np.abs(energy(motion, left) - energy(moved, left)).max() < 1e-2
    assert np.abs(energy(motion, right) - energy(moved, right)).max() > 1e-2


def test_a_focus_weighs_cells_by_the_part_it_covers() -> None:
    weights = cells_of("0.05,0,0.1,1")
    assert weights[:, 0].tolist() == pytest.approx([0.5] * GRID[0])
    assert weights[:, 1].tolist() == pytest.approx([0.5] * GRID[0])
    assert weights[:, 2:].sum() == 0
    torch.testing.assert_close(cells_of("0,0,1,1"), torch.ones(GRID))


@pytest.mark.parametrize("focus", ["", "1,2,3", "a,b,c,d", "0,0,0,1", "0.9,0,0.2,1", "-1,0,1,1"])
def test_a_focus_outside_the_picture_is_refused(focus: str) -> None:
    with pytest.raises(CuelockError) as caught:
        cells_of(focus)
    assert caught.value.code == "request.focus"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_spotted_events_are_the_highest_of_their_surroundings(chances: list[float]) -> None:
    chance = np.array(chances)
    for frame, confidence in peaks(chance):
        assert confidence == chance[max(0, frame - APART) : frame + APART + 1].max()
