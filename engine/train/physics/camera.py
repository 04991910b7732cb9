"""Film a play: pictures of it at some rate, and where in them its bodies are."""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import mujoco
import numpy as np

from engine.train.physics.simulate import Play
from engine.train.physics.stage import SECONDS, STEP

SIZE = (160, 90)  # width, height
_CLOSE = 0.65  # share of shots that show one thing
_KNOTS = 0.1  # seconds between the points a hand-held camera is pulled to


class Shot(NamedTuple):
    """A camera that is placed, aimed, and moves.

    eye, aim: metres at the scene's start; drift_eye, drift_aim: metres a second; shake: radians
    that the hand turns it by, at every _KNOTS seconds; view: vertical angle in degrees.
    """

    eye: np.ndarray
    aim: np.ndarray
    drift_eye: np.ndarray
    drift_aim: np.ndarray
    shake: np.ndarray
    view: float


class Film(NamedTuple):
    """How a play is filmed: shots and the seconds they begin at, shutter as a share of a frame,
    sub-pictures a picture, and the rate."""

    shots: list[Shot]
    begins: list[float]
    shutter: float
    exposures: int
    rate: Fraction

    def shot(self, seconds: float) -> Shot:
        """The shot of a moment."""
        return self.shots[int(np.searchsorted(self.begins, seconds, "right")) - 1]

    @property
    def cuts(self) -> list[int]:
        """Frames at which new shots begin."""
        return [int(np.ceil(begin * self.rate)) for begin in self.begins[1:]]


def planned(rng: np.random.Generator, rate: Fraction, places: Sequence[np.ndarray]) -> Film:
    """Shots of what happens at places [n, 3], of each thing; most shots are close to one thing."""
    count = int(rng.choice([1, 1, 1, 1, 2, 3]))
    begins = [0.0, *np.sort(rng.uniform(0.5, SECONDS - 0.5, count - 1)).tolist()]
    shutter = float(rng.choice([0.0, 0.0, 0.0, 0.5, 0.9]))
    exposures = 1 if shutter == 0 else 2
    return Film([_shot(rng, places) for _ in range(count)], begins, shutter, exposures, rate)


def _shot(rng: np.random.Generator, places: Sequence[np.ndarray]) -> Shot:
    one = places[int(rng.integers(len(places)))]
    shown_places = one if rng.random() < _CLOSE else np.concatenate(places)
    # What rolls or flies far away is let go.
    near = np.clip(shown_places, [-2.2, -0.8, 0], [2.2, 0.8, 2.2])
    low, high = np.percentile(near, [8, 92], axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.12)
    view = rng.uniform(25, 60)
    # Half the height of what is shown; sometimes closer than what happens is wide.
    shown = max(half[2], half[0] * 9 / 16, 0.22) * rng.uniform(0.85, 1.6)
    far = shown / np.tan(np.radians(view) / 2) + half[1]
    turned, lifted = rng.normal(0, 0.45), rng.choice([0.05, 0.2, 0.5, 1.1]) + rng.normal(0, 0.06)
    aim = middle + rng.normal(0, 0.12, 3) * shown
    eye = aim + far * np.array(
        [np.sin(turned) * np.cos(lifted), -np.cos(turned) * np.cos(lifted), np.sin(lifted)]
    )
    eye[2] = max(eye[2], 0.08)
    moves = rng.random()
    drift = np.zeros(3) if moves < 0.5 else rng.normal(0, 0.15, 3) * [1, 1, 0.3]
    follow = drift if moves < 0.75 else np.zeros(3)
    knots = int(SECONDS / _KNOTS) + 3
    shake = np.zeros((knots, 3))
    if rng.random() < 0.35:
        hand = rng.normal(0, 1, (knots, 3)) * rng.choice([0.002, 0.005, 0.01])
        shake = np.cumsum(hand, axis=0) * 0.5 + hand
        shake -= np.linspace(0, 1, knots)[:, None] * shake[-1]
    return Shot(eye, aim, drift, follow, shake, float(view))


def filmed(play: Play, film: Film, shadows: bool) -> Iterator[np.ndarray]:
    """Pictures uint8 [h, w, 3] of the whole scene. Frame i is exposed round i / rate."""
    data = mujoco.MjData(play.model)
    wide, high = SIZE
    renderer = mujoco.Renderer(play.model, high, wide)
    try:
        for number in range(int(SECONDS * film.rate)):
            shot = film.shot(float(number / film.rate))
            total = np.zeros((high, wide, 3), np.float32)
            for exposure in range(film.exposures):
                late = film.shutter * ((exposure + 0.5) / film.exposures - 0.5)
                seconds = float((number + late) / film.rate)
                _place(play, data, seconds)
                _look(play.model, data, shot, seconds)
                renderer.update_scene(data, "eye")
                renderer.scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
                total += renderer.render()
            yield (total / film.exposures).astype(np.uint8)
    finally:
        renderer.close()


def _place(play: Play, data: mujoco.MjData, seconds: float) -> None:
    step = int(np.clip(round(seconds / STEP), 0, len(play.positions) - 1))
    data.qpos[:] = play.positions[step]
    mujoco.mj_kinematics(play.model, data)
    mujoco.mj_comPos(play.model, data)
    mujoco.mj_camlight(play.model, data)


def _look(model: mujoco.MjModel, data: mujoco.MjData, shot: Shot, seconds: float) -> None:
    eye, axes = pose(shot, seconds)
    data.cam_xpos[0], data.cam_xmat[0] = eye, axes.ravel()
    model.cam_fovy[0] = shot.view


def pose(shot: Shot, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a shot's camera is, and its axes right, up, backwards as columns [3, 3]."""
    eye = shot.eye + shot.drift_eye * seconds
    back = eye - shot.aim - shot.drift_aim * seconds
    back /= np.linalg.norm(back)
    x, y, z = back
    flat = np.hypot(x, y)
    right, up = np.array([-y, x, 0]) / flat, np.array([-x * z, -y * z, flat**2]) / flat
    at = np.arange(len(shot.shake)) * _KNOTS
    turn = np.array([np.interp(seconds, at, angles) for angles in shot.shake.T])
    # Small angles: the hand turns the axes by a cross product.
    axes = np.stack([right, up, back], axis=1)
    a, b, c = turn
    shaken = axes @ np.array([[1, -c, b], [c, 1, -a], [-b, a, 1]])
    return eye, shaken / np.linalg.norm(shaken, axis=0)


def seen_at(shot: Shot, seconds: float, places: np.ndarray) -> np.ndarray:
    """Places [n, 3] in metres as fractions of the picture from its left and top, and their
    distance before the camera: [n, 3]."""
    eye, axes = pose(shot, seconds)
    across, up, back = ((places - eye) @ axes).T
    wide, high = SIZE
    width = shown_width(shot, np.maximum(-back, 1e-6))
    return np.stack([0.5 + across / width, 0.5 - up / width * wide / high, -back], axis=1)


def shown_width(shot: Shot, away: np.ndarray) -> np.ndarray:
    """Metres that a picture is wide, so many metres before the camera."""
    return 2 * away * np.tan(np.radians(shot.view) / 2) * SIZE[0] / SIZE[1]
