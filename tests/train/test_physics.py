"""Scenes of real bodies: what is struck when and how hard is what mechanics says, and is seen."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.picture.features import CHANNELS, GRID
from engine.train.physics.camera import Film, Shot, filmed, seen_at
from engine.train.physics.driven import hammer, scrape
from engine.train.physics.figure import walk
from engine.train.physics.scene import scene
from engine.train.physics.simulate import Play, paths, play
from engine.train.physics.stage import SPHERE, Prop, Stage
from engine.train.scenes import load, save, scenes_of
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SoundLibrary

RADIUS = 0.1
STILL = Shot(
    np.array([0.0, -3, 1]), np.array([0.0, 0, 0.6]), np.zeros(3), np.zeros(3), np.zeros((63, 3)), 40
)


def dropped(height: float, bounce: float = 0.7) -> Play:
    """A ball let go half a second into the scene, its middle at a height in metres."""
    stage = Stage(np.random.default_rng(3))
    ball = stage.free([0, 0, height], 0.5, [0, 0, 0])
    stage.geom(ball, SPHERE, [RADIUS], mass=0.5, bounce=bounce)
    stage.props.append(Prop((ball.name,), ("ball_bounce",)))
    played = play(stage)
    assert played is not None
    return played


@pytest.mark.parametrize("height", [0.4, 1.0, 2.0])
def test_a_dropped_ball_touches_the_floor_when_it_must(height: float) -> None:
    first = dropped(height).blows[0][0]
    assert first.seconds == pytest.approx(0.5 + np.sqrt(2 * (height - RADIUS) / 9.81), abs=0.003)
    np.testing.assert_allclose(first.place, [0, 0, 0], atol=0.01)


def test_a_blow_is_the_change_of_speed_that_the_fall_and_the_bounce_make() -> None:
    bounce = 0.6
    changes = [dropped(height, bounce).blows[0][0].change for height in (0.4, 1.0, 2.0)]
    fallen = np.sqrt(2 * 9.81 * (np.array([0.4, 1.0, 2.0]) - RADIUS))
    np.testing.assert_allclose(changes, (1 + bounce) * fallen, rtol=0.1)
    assert changes == sorted(changes)


def test_bounces_follow_one_another_as_the_speed_is_lost() -> None:
    blows = dropped(1.5, 0.7).blows[0]
    gaps = np.diff([blow.seconds for blow in blows[:5]])
    np.testing.assert_allclose(gaps[1:] / gaps[:-1], 0.7, atol=0.06)


def test_a_ball_is_seen_where_it_is_and_lowest_when_it_strikes() -> None:
    played = dropped(1.0)
    film = Film([STILL], [0.0], 0.0, 1, Fraction(25))
    moment = played.blows[0][0].seconds
    before, now = (
        seen_at(STILL, t, paths(played, np.array([t]))[0][0])[0] for t in (moment - 0.1, moment)
    )
    assert now[1] > before[1] + 0.05
    pictures = list(filmed(played, film, shadows=False))
    assert len(pictures) == SECONDS * 25
    changed = np.abs(pictures[round((moment - 0.1) * 25)].astype(float) - pictures[0]).sum(axis=2)
    at = np.argwhere(changed > changed.max() / 2)
    x, y = before[:2] * pictures[0].shape[1::-1]
    covered = (np.abs(at - [y, x]) < 10).all(axis=1)
    first = seen_at(STILL, 0.0, paths(played, np.array([0.0]))[0][0])[0][:2]
    left = (np.abs(at - (first * pictures[0].shape[1::-1])[::-1]) < 10).all(axis=1)
    assert (covered | left).mean() > 0.9
    assert covered.any()


@pytest.mark.parametrize("act", [hammer, walk])
def test_what_is_driven_strikes_again_and_again(act: Callable[[Stage, float], None]) -> None:
    stage = Stage(np.random.default_rng(5))
    act(stage, 0.0)
    played = play(stage)
    assert played is not None
    assert len(played.blows[0]) > 3
    for blow in played.blows[0]:
        assert blow.change >= stage.props[0].least


def test_what_slides_sounds_while_it_moves() -> None:
    stage = Stage(np.random.default_rng(2))
    scrape(stage, 0.0)
    played = play(stage)
    assert played is not None
    at = np.arange(0, SECONDS, 0.01)
    x = paths(played, at)[0][:, 0, 0]
    speed = np.abs(np.gradient(x, at))
    rub = played.rubs[0]
    assert rub.max() > 0.1
    assert np.corrcoef(speed, rub)[0, 1] > 0.9


@pytest.fixture(scope="module")
def made(library: SoundLibrary) -> list[MadeExample]:
    return scene(library, np.random.default_rng([7, 1]), 1)


def test_a_scene_has_an_example_for_each_thing_one_for_all_and_a_bed(
    made: list[MadeExample],
) -> None:
    *things, everything, bed = made
    assert things
    assert all(thing.words for thing in things)
    assert everything.words == ""
    assert everything.onsets == sorted(onset for thing in things for onset in thing.onsets)
    assert bed.onsets == []
    for example in made:
        assert example.features.motion.shape[1:] == (CHANNELS, *GRID)
        assert len(example.features.motion) == int(SECONDS * example.features.rate)
        assert len(example.curves) == 100 * SECONDS


def test_a_scene_is_the_same_for_the_same_seed(
    library: SoundLibrary, made: list[MadeExample]
) -> None:
    again = scene(library, np.random.default_rng([7, 1]), 1)
    for one, two in zip(made, again, strict=True):
        np.testing.assert_array_equal(one.features.motion, two.features.motion)
        np.testing.assert_array_equal(one.curves.energy, two.curves.energy)
        assert (one.words, one.onsets) == (two.words, two.onsets)


def test_scenes_come_back_from_their_folder(tmp_path: Path, made: list[MadeExample]) -> None:
    save(tmp_path / "000001.npz", made)
    save(tmp_path / "000000.npz", made[-1:])
    few, all_ = scenes_of(tmp_path)
    assert len(few) == 1
    for one, two in zip(made, all_, strict=True):
        assert (one.words, one.onsets, one.features.rate) == (
            two.words,
            two.onsets,
            two.features.rate,
        )
        np.testing.assert_array_equal(one.curves.codes, two.curves.codes)
        np.testing.assert_array_equal(one.focus, two.focus)
        np.testing.assert_allclose(one.features.motion, two.features.motion, atol=2e-3)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz", ".npz"]
    np.testing.assert_array_equal(
        load(tmp_path / "000001.npz")[0].curves.energy, made[0].curves.energy
    )
