"""Acts of what is let go: it falls, flies, rolls, topples."""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import mujoco
import numpy as np

from engine.train.physics import kinds
from engine.train.physics.stage import (
    BOX,
    CAPSULE,
    CYLINDER,
    ELLIPSOID,
    SECONDS,
    SPHERE,
    Prop,
    Rub,
    Stage,
)


def drop(stage: Stage, x: float) -> None:
    """Balls or lumps are let go one after the other and bounce until they lie."""
    rng = stage.rng
    ball, size = rng.random() < 0.5, rng.uniform(0.05, 0.17)
    bounce = rng.uniform(0.55, 0.9) if ball else rng.uniform(0.05, 0.5)
    bodies: list[str] = []
    for moment in stage.moments(0.4, 2.5)[:6]:
        until = -1.0 if rng.random() < 0.1 else float(moment) - 0.4
        at = [x + rng.uniform(-0.4, 0.4), rng.uniform(-0.25, 0.25), rng.uniform(0.5, 2.3)]
        body = stage.free(at, until, [*rng.normal(0, 0.3, 2), 0, *rng.normal(0, 2, 3)])
        if ball:
            stage.geom(body, SPHERE, [size], mass=0.5, bounce=bounce)
        else:
            _solid(stage, body, size, bounce, 0.5)
        bodies.append(body.name)
    stage.props.append(Prop(tuple(bodies), kinds.BOUNCY if ball else kinds.SOLID))


def throw(stage: Stage, x: float) -> None:
    """Something flies in from the side and knocks things over."""
    rng = stage.rng
    side, size = rng.choice([-1, 1]), rng.uniform(0.06, 0.15)
    bodies: list[str] = []
    wide, rows = rng.uniform(0.06, 0.14), int(rng.integers(1, 4))
    heavy = rng.uniform(0.2, 1.0)
    for row in range(rows):
        for column in range(int(rng.integers(1, 3))):
            at = [x + 0.1 + (column - 0.5) * 2.3 * wide, 0, wide * (2 * row + 1) + 0.002 * row]
            body = stage.body(at)
            body.add_freejoint()
            stage.geom(body, BOX, [wide, wide, wide], mass=heavy)
            bodies.append(body.name)
    for moment in stage.moments(0.8, 3.0)[:3]:
        far, high = rng.uniform(1.0, 2.0), rng.uniform(0.2, 1.2)
        flight = rng.uniform(0.3, 0.6)
        up = 4.9 * flight + (wide - high) / flight
        at = [x - side * far, rng.uniform(-0.05, 0.05), high]
        body = stage.free(at, float(moment), [side * far / flight, 0, up, *rng.normal(0, 5, 3)])
        stage.geom(body, SPHERE, [size], mass=1.0, bounce=rng.uniform(0.2, 0.7))
        bodies.append(body.name)
    stage.props.append(Prop(tuple(bodies), (*kinds.SOLID, "crash", "punch_body"), full=5.0))


def roll(stage: Stage, x: float) -> None:
    """A ball or barrel rolls over the floor into a block."""
    rng = stage.rng
    size, side = rng.uniform(0.07, 0.2), rng.choice([-1, 1])
    far, speed = rng.uniform(0.6, 1.4), rng.uniform(0.7, 3.0)
    moment = rng.uniform(0.1, 2.5)
    velocity = [side * speed, 0, 0, 0, side * speed / size, 0]
    body = stage.free([x - side * far, 0, size], moment, velocity, held=False)
    if rng.random() < 0.6:
        stage.geom(body, SPHERE, [size], mass=2.0, bounce=0.5)
    else:
        stage.geom(body, CAPSULE, [size, size], mass=2.0, bounce=0.5, quat=[0.7071, 0.7071, 0, 0])
    for end in (side, -side):
        wall = stage.body([x + end * (far + 2 * size + 0.1), 0, 0.2])
        stage.geom(wall, BOX, [0.06, 0.3, 0.2], bounce=0.5)
    rub = Rub("moves", kinds.ROLLS, 2.5)
    stage.props.append(Prop((body.name,), kinds.SOLID, rub=rub))


def pool(stage: Stage, x: float) -> None:
    """Balls are struck one at another, as on a billiard table."""
    rng = stage.rng
    size, count = rng.uniform(0.06, 0.11), int(rng.integers(3, 6))
    places = np.zeros((count, 3))
    places[:, 0] = x + rng.uniform(-0.5, 0.5, count)
    places[:, 1] = np.arange(count) * 2.6 * size - 0.4
    places[:, 2] = size
    order, moments = rng.permutation(count), stage.moments(0.5, 1.8)
    bodies: list[str] = []
    for number, moment in zip(order[:-1], [*moments, *[SECONDS] * count][: count - 1], strict=True):
        towards = places[order[-1]] - places[number] + [rng.normal(0, size / 3), 0, 0]
        velocity = towards / np.linalg.norm(towards) * rng.uniform(1.0, 3.5)
        bodies.append(stage.free(places[number], float(moment), velocity, held=False).name)
    bodies.append(stage.free(places[order[-1]], -1, [0]).name)
    for name in bodies:
        stage.geom(stage.spec.body(name), SPHERE, [size], mass=0.3, bounce=0.85)
    for across in (-0.75, 0.75):
        stage.geom(stage.body([x + across, 0, 0.06]), BOX, [0.05, 0.8, 0.06], bounce=0.7)
    sounds = ("ball_bounce", "wood_impact", "glass_clink", "stone_impact")
    stage.props.append(Prop(tuple(bodies), sounds, full=2.5))


def dominoes(stage: Stage, x: float) -> None:
    """A row of slabs that topple one another."""
    rng = stage.rng
    count, high, apart = int(rng.integers(4, 9)), rng.uniform(0.1, 0.22), rng.uniform(0.55, 0.95)
    bodies: list[str] = []
    start = x - high * apart * (count - 1) / 2
    for number in range(count):
        at = [start + number * high * apart, 0, high]
        kick = [0.9, 0, 0, 0, 4.0 * 0.2 / high, 0] if number == 0 else [0]
        body = stage.free(at, float(rng.uniform(0.3, 3)) if number == 0 else -1, kick, held=False)
        stage.geom(body, BOX, [0.025, high * 0.5, high], mass=0.2)
        bodies.append(body.name)
    sounds = ("wood_impact", "plastic", "stone_impact", "switch_button", "ceramic")
    stage.props.append(Prop(tuple(bodies), sounds, least=0.2, full=1.5))


def _solid(stage: Stage, body: mujoco.MjsBody, size: float, bounce: float, mass: float) -> None:
    """A body of one random shape, or of two that are joined."""
    rng = stage.rng
    kind = (SPHERE, BOX, CYLINDER, CAPSULE, ELLIPSOID, BOX)[int(rng.integers(6))]
    stage.geom(body, kind, size * rng.uniform(0.6, 1.4, 3), mass=mass, bounce=bounce)
    if rng.random() < 0.2:
        at = rng.normal(0, size, 3)
        stage.geom(body, BOX, size * rng.uniform(0.3, 0.8, 3), at=at, mass=mass / 2, bounce=bounce)
