"""The act of a figure that walks."""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np

from engine.train.physics import kinds
from engine.train.physics.stage import BOX, SECONDS, SPHERE, Prop, Stage, Track

_STEP = 0.01  # seconds between a gait's marks


class Gait(NamedTuple):
    """leg: half a leg's length in metres; way: 1 to the right, -1 to the left; reach: radians that
    a thigh swings; turns: of one leg's round trip, marks _STEP apart; skin, cloth: looks."""

    leg: float
    way: float
    reach: float
    turns: np.ndarray
    skin: str
    cloth: str

    def track(self, angles: np.ndarray) -> Track:
        """Angles forwards at the gait's marks."""
        return Track(np.arange(len(angles)) * _STEP, self.way * angles)

    def swing(self, phase: float) -> Track:
        """A limb swings to and fro, foremost at the beginning of its turn."""
        return self.track(self.reach * np.cos(2 * np.pi * (self.turns + phase)))

    def bend(self, phase: float) -> Track:
        """A knee bends while its foot is carried forward, and is straight before it lands."""
        part = (self.turns + phase) % 1.0
        carried = np.sin(np.pi * np.clip((part - 0.5) / 0.45, 0, 1)) ** 2
        return self.track(0.06 + (0.5 + 1.2 * self.reach) * np.where(part > 0.5, carried, 0))


def walk(stage: Stage, x: float) -> None:
    """A figure on two or four legs walks or runs by, or on the spot; its feet touch the floor."""
    rng = stage.rng
    four = rng.random() < 0.2
    leg, period, reach = rng.uniform(0.25, 0.55), rng.uniform(0.45, 1.25), rng.uniform(0.2, 0.45)
    speed = rng.choice([0, -1, 1, -1, 1]) * 4 * leg * np.sin(reach) / period * rng.uniform(0.8, 1.0)
    start = x - speed * SECONDS / 2 if rng.random() < 0.7 else x
    hips = stage.body([float(start), rng.uniform(-0.2, 0.3), 2 * leg + 0.035])
    along = stage.slide(hips, [1, 0, 0])
    stage.slide(hips, [0, 0, 1], damping=4.0)
    skin, cloth = stage.look(), stage.look()
    times = np.arange(0, SECONDS + _STEP, _STEP)
    stage.servo(along, Track(times, speed * times), 2500.0, 250.0)
    turns = times / period + rng.uniform(0, 1)
    gait = Gait(leg, 1.0 if speed >= 0 else -1.0, reach, turns, skin, cloth)
    feet = _on_four(stage, hips, gait) if four else _on_two(stage, hips, gait)
    stage.props.append(Prop(tuple(feet), kinds.STEPS, least=0.08, full=1.0))


def _on_two(stage: Stage, hips: mujoco.MjsBody, gait: Gait) -> list[str]:
    leg = gait.leg
    begin, end = [0, 0, leg * 0.2], [0, 0, leg * 1.1]
    stage.rod(hips, begin, end, leg * 0.32, mass=8.0, look=gait.cloth)
    stage.geom(hips, SPHERE, [leg * 0.27], at=[0, 0, leg * 1.75], mass=1.0, look=gait.skin)
    feet = [_leg(stage, hips, gait, 0, side, (1 - side) / 4) for side in (1, -1)]
    for side in (1, -1):
        _arm(stage, hips, gait, side, (1 + side) / 4)
    return feet


def _on_four(stage: Stage, hips: mujoco.MjsBody, gait: Gait) -> list[str]:
    leg, neck = gait.leg, gait.way * gait.leg
    begin, end = [-leg, 0, leg * 0.2], [leg, 0, leg * 0.2]
    stage.rod(hips, begin, end, leg * 0.4, mass=8.0, look=gait.skin)
    begin, end = [neck, 0, 0.1], [1.7 * neck, 0, leg]
    stage.rod(hips, begin, end, leg * 0.2, mass=1.0, look=gait.skin)
    corners = ((leg, 1, 0.0), (leg, -1, 0.5), (-leg, 1, 0.7), (-leg, -1, 0.2))
    return [_leg(stage, hips, gait, *corner) for corner in corners]


def _leg(
    stage: Stage, hips: mujoco.MjsBody, gait: Gait, out: float, side: int, phase: float
) -> str:
    """A leg so far from the hips' middle and on that side; the name of its foot's body."""
    leg = gait.leg
    thigh = stage.body([out, side * leg * 0.35, 0], hips)
    hip = stage.hinge(thigh, [0, -1, 0], damping=0.5)
    down = [0, 0, -leg]
    stage.rod(thigh, [0, 0, 0], down, leg * 0.14, mass=0.8, look=gait.cloth, solid=False)
    shin = stage.body(down, thigh)
    knee = stage.hinge(shin, [0, 1, 0], damping=0.5)
    ankle = [0, 0, -leg * 0.9]
    stage.rod(shin, [0, 0, 0], ankle, leg * 0.11, mass=0.4, look=gait.cloth, solid=False)
    # Only the heel touches: without a joint the toes would drag.
    stage.geom(shin, SPHERE, [0.03], at=down, mass=0.1, look=gait.skin, bounce=0.0)
    size, at = [leg * 0.22, leg * 0.12, 0.03], [gait.way * leg * 0.12, 0, -leg]
    stage.geom(shin, BOX, size, at=at, mass=0.1, look=gait.skin, solid=False)
    stage.servo(hip, gait.swing(phase), 500.0, 25.0)
    stage.servo(knee, gait.bend(phase), 500.0, 20.0)
    return shin.name


def _arm(stage: Stage, hips: mujoco.MjsBody, gait: Gait, side: int, phase: float) -> None:
    leg = gait.leg
    arm = stage.body([0, side * leg * 0.42, leg * 1.2], hips)
    joint = stage.hinge(arm, [0, -1, 0], damping=0.2)
    hand = [gait.way * 0.1 * leg, 0, -1.2 * leg]
    stage.rod(arm, [0, 0, 0], hand, leg * 0.1, mass=0.2, look=gait.cloth, solid=False)
    stage.servo(joint, gait.swing(phase), 30.0, 3.0)
