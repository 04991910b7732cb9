"""Acts of what is driven: tools, hands, doors, wheels."""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import numpy as np

from engine.train.physics import kinds
from engine.train.physics.stage import (
    BOX,
    CAPSULE,
    CYLINDER,
    SECONDS,
    SPHERE,
    Prop,
    Rub,
    Stage,
    Track,
)


def hammer(stage: Stage, x: float) -> None:
    """A tool on a swinging arm strikes a block again and again."""
    rng = stage.rng
    base, size = rng.uniform(0.1, 0.5), rng.uniform(0.04, 0.1)
    arm, side = rng.uniform(0.35, 0.8), rng.choice([-1.0, 1.0])
    block = stage.body([x, 0, base])
    shape = BOX if rng.random() < 0.6 else CYLINDER
    wide = rng.uniform(0.12, 0.3)
    stage.geom(block, shape, [wide, wide, base] if shape == BOX else [wide, base], bounce=0.3)
    pivot = stage.body([x - side * arm, 0, 2 * base + size + rng.uniform(-0.03, 0.06)])
    joint = stage.hinge(pivot, [0, -side, 0], damping=0.02)
    stage.rod(pivot, [0, 0, 0], [side * arm, 0, 0], 0.02, mass=0.1)
    stage.geom(pivot, BOX, [size, size * 0.7, size], at=[side * arm, 0, 0], mass=1.0, bounce=0.25)
    moments = stage.moments(0.35, 1.6)
    stage.servo(joint, _struck(rng, moments, rng.uniform(0.4, 1.4), -0.12), 90.0 * arm, 6.0 * arm)
    stage.props.append(Prop((pivot.name,), kinds.STRUCK, full=6.0))


def hand(stage: Stage, x: float) -> None:
    """A hand with fingers, or a stick, taps on a table."""
    rng = stage.rng
    high = rng.uniform(0.1, 0.6)
    table = stage.body([x, 0, high])
    stage.geom(table, BOX, [rng.uniform(0.25, 0.55), 0.3, 0.03], bounce=0.1)
    palm = stage.body([x, 0, high + 0.03 + 0.12])
    fall = stage.slide(palm, [0, 0, 1])
    for finger in range(int(rng.integers(1, 5))):
        out = 0.05 * (finger - 1.5)
        stage.rod(palm, [out, 0, 0.05], [out * 1.2, -0.05, -0.1], 0.02, mass=0.1, bounce=0.05)
    stage.geom(palm, BOX, [0.09, 0.05, 0.03], at=[0, 0, 0.06], mass=0.3)
    arm = rng.uniform(0.3, 0.6)
    stage.rod(palm, [0, 0, 0.06], [arm * rng.uniform(-1, 1), arm, 0.3], 0.04, mass=0.2, solid=False)
    moments = stage.moments(0.16, 1.2)
    lift = rng.uniform(0.05, 0.3)
    stage.servo(fall, _struck(rng, moments, lift, -0.04), 700.0, 35.0)
    stage.props.append(Prop((palm.name,), kinds.TAPPED, full=2.5))


def door(stage: Stage, x: float) -> None:
    """A leaf opens slowly and slams against its frame."""
    rng = stage.rng
    wide, high = rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.9)
    for out in (-wide - 0.05, wide + 0.05):
        post = stage.body([x + out, 0.06, high])
        stage.geom(post, BOX, [0.05, 0.04, high], bounce=0.1)
    hinge = stage.body([x - wide, -0.02, high + 0.01])
    joint = stage.hinge(hinge, [0, 0, -1], damping=0.05, range=[-5, 120], limited=1)
    stage.geom(hinge, BOX, [wide, 0.025, high], at=[wide + 0.02, 0, 0], mass=3.0, bounce=0.1)
    stage.geom(hinge, SPHERE, [0.04], at=[1.8 * wide, -0.05, 0], mass=0.05)
    moments, through = stage.moments(1.0, 3.0), -0.08
    times, values = [-1.0], [rng.choice([through, rng.uniform(0.5, 1.5)])]
    for moment in moments:
        opened, lasts = rng.uniform(0.4, 1.7), rng.uniform(0.12, 0.5)
        times += [max(times[-1] + 0.02, moment - lasts), moment, moment + 0.25, moment + 0.8]
        values += [values[-1], through, through, opened]
    stage.servo(joint, Track(np.array(times), np.array(values)), 60.0, 5.0)
    creak = Rub("turns", kinds.CREAKS, 6.0) if rng.random() < 0.25 else None
    stage.props.append(Prop((hinge.name,), kinds.SHUT, full=1.6, rub=creak))


def lid(stage: Stage, x: float) -> None:
    """A lid is lifted off its box and falls shut."""
    rng = stage.rng
    wide, high = rng.uniform(0.2, 0.4), rng.uniform(0.1, 0.3)
    stage.geom(stage.body([x, 0, high]), BOX, [wide, 0.2, high], bounce=0.1)
    side = rng.choice([-1.0, 1.0])
    top = stage.body([x - side * wide, 0, 2 * high + 0.03])
    joint = stage.hinge(top, [0, -side, 0], damping=0.1)
    stage.geom(top, BOX, [wide, 0.2, 0.025], at=[side * wide, 0, 0], mass=1.0, bounce=0.2)
    moments = stage.moments(1.0, 2.6)
    stage.servo(joint, _struck(rng, moments, rng.uniform(0.4, 1.5), -0.1), 25.0, 1.5)
    stage.props.append(Prop((top.name,), kinds.SHUT, full=2.0))


def pendulum(stage: Stage, x: float) -> None:
    """A weight on a rod swings into a plate, bell or bag."""
    rng = stage.rng
    high, size = rng.uniform(1.2, 1.8), rng.uniform(0.08, 0.18)
    length, side = high - size - rng.uniform(0.05, 0.4), rng.choice([-1.0, 1.0])
    bob = stage.body([x, 0, high])
    stage.hinge(bob, [0, 1, 0], damping=0.02)
    start = side * rng.uniform(0.4, 1.2)
    bob.quat = [np.cos(start / 2), 0, np.sin(start / 2), 0]
    stage.rod(bob, [0, 0, 0], [0, 0, -length], 0.015, mass=0.05)
    stage.geom(bob, SPHERE, [size], at=[0, 0, -length], mass=2.0, bounce=0.8)
    plate = stage.body([x + side * (size + 0.05), 0, high - length])
    stage.geom(plate, BOX, [0.05, 0.25, 0.3], bounce=0.8)
    sounds = ("bell", "metal_impact", "punch_body", "wood_impact", "gate", "impact_generic")
    stage.props.append(Prop((bob.name,), sounds, full=4.0))


def racket(stage: Stage, x: float) -> None:
    """A ball is kept in the air by a paddle that meets it."""
    rng = stage.rng
    high, size = rng.uniform(0.2, 0.7), rng.uniform(0.04, 0.1)
    paddle = stage.body([x, 0, high])
    joint = stage.slide(paddle, [0, 0, 1])
    stage.geom(paddle, CYLINDER, [rng.uniform(0.12, 0.25), 0.02], mass=3.0, bounce=0.95)
    stage.rod(paddle, [0.1, 0, 0], [0.5, -0.1, -0.1], 0.02, mass=0.1)
    ball = stage.body([x, 0, high + rng.uniform(0.3, 1.2)])
    stage.slide(ball, [0, 0, 1])
    stage.geom(ball, SPHERE, [size], mass=0.1, bounce=0.95)
    times = np.arange(0, SECONDS, 0.01)
    beat = rng.uniform(1.0, 3.0)
    track = Track(times, rng.uniform(0.02, 0.09) * np.sin(2 * np.pi * beat * times))
    stage.servo(joint, track, 4000.0, 150.0)
    stage.props.append(Prop((ball.name,), ("ball_bounce", "plastic", "wood_impact")))


def bat(stage: Stage, x: float) -> None:
    """A bat swings through and hits balls that come falling."""
    rng = stage.rng
    moments = stage.moments(1.0, 2.2)
    side, high, arm = rng.choice([-1.0, 1.0]), rng.uniform(0.5, 0.9), rng.uniform(0.45, 0.7)
    pivot = stage.body([x, 0.1, high])
    joint = stage.hinge(pivot, [0, 0, side])
    stage.rod(pivot, [0, -0.1, 0], [0, -arm, 0], 0.045, mass=1.5, bounce=0.7)
    stage.geom(pivot, CAPSULE, [0.12, 0.25], at=[0, 0.2, -0.1], mass=1.0, solid=False)
    bodies, times, values = [pivot.name], [-1.0], [-1.3]
    for moment in moments:
        fall = rng.uniform(0.3, 0.6)
        at = [x + side * 0.12, 0.1 - 0.75 * arm, high + 4.9 * fall**2 + 0.02]
        ball = stage.free(at, float(moment) - fall, [0])
        stage.geom(ball, SPHERE, [rng.uniform(0.05, 0.09)], mass=0.15, bounce=0.7)
        bodies.append(ball.name)
        times += [moment - 0.16, moment + 0.12, moment + 0.4, moment + 0.8]
        values += [-1.3, 1.5, 1.5, -1.3]
    stage.servo(joint, Track(np.array(times), np.array(values)), 120.0, 6.0)
    sounds = ("ball_bounce", "wood_impact", "punch_body", "metal_impact")
    stage.props.append(Prop(tuple(bodies), sounds, full=8.0))


def scrape(stage: Stage, x: float) -> None:
    """A block is pushed to and fro over the floor or a table."""
    rng = stage.rng
    high, size = rng.choice([0.0, rng.uniform(0.1, 0.5)]), rng.uniform(0.06, 0.2)
    if high:
        stage.geom(stage.body([x, 0, high / 2]), BOX, [0.6, 0.35, high / 2])
    block = stage.body([x, 0, high + size])
    joint = stage.slide(block, [1, 0, 0])
    stage.slide(block, [0, 0, 1], damping=300)
    stage.geom(block, BOX, [size * rng.uniform(0.6, 1.5), size * 0.8, size], mass=2.0)
    arm = rng.uniform(-0.5, 0.5)
    stage.rod(block, [0, 0, size], [arm, 0.2, size + 0.5], 0.035, mass=0.01, solid=False)
    times = np.arange(0, SECONDS, 0.02)
    edges = np.sort(rng.uniform(0, SECONDS, 2 * int(rng.integers(1, 4)))).reshape(-1, 2)
    on = np.max([np.clip(np.minimum(times - a, b - times) / 0.15, 0, 1) for a, b in edges], axis=0)
    turn = np.cumsum(on) * 0.02 * rng.uniform(0.5, 3.0) * 2 * np.pi
    stage.servo(joint, Track(times, rng.uniform(0.08, 0.35) * np.sin(turn)), 900.0, 60.0)
    rub = Rub("moves", kinds.SLIDES, 1.0)
    stage.props.append(Prop((block.name,), rub=rub))


def wheel(stage: Stage, x: float) -> None:
    """A wheel or rotor that is turned on and off."""
    rng = stage.rng
    high, size = rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.4)
    hub = stage.body([x, 0, high])
    axis = np.array([[0, 1.0, 0], [0, 0, 1.0], [0.3, 1.0, 0]])[int(rng.integers(3))]
    joint = stage.hinge(hub, axis, damping=0.01)
    for spoke in range(int(rng.integers(1, 5))):
        angle = np.pi * spoke / 3 + rng.normal(0, 0.1)
        out = size * np.array([np.cos(angle), 0, np.sin(angle)])
        out = out[[0, 2, 1]] if axis[2] else out
        stage.rod(hub, -out, out, 0.03, mass=0.1, solid=False)
    stand = stage.body([x, 0.15, high / 2])
    stage.geom(stand, BOX, [0.05, 0.05, high / 2])
    times = np.arange(0, SECONDS, 0.02)
    edges = np.sort(rng.uniform(0, SECONDS, 2 * int(rng.integers(1, 3)))).reshape(-1, 2)
    on = np.max([np.clip(np.minimum(times - a, b - times) / 0.3, 0, 1) for a, b in edges], axis=0)
    speed = rng.uniform(4, 25)
    stage.servo(joint, Track(times, np.cumsum(on) * 0.02 * speed), 40.0, 2.0)
    stage.props.append(Prop((hub.name,), rub=Rub("turns", kinds.TURNS, speed)))


def _struck(rng: np.random.Generator, moments: np.ndarray, lift: float, through: float) -> Track:
    """Slowly up, fast down and a little through, at each moment; sometimes held up high."""
    times, values = [-1.0], [lift * 0.3]
    for moment, after in zip(moments, [*moments[1:], moments[-1] + 1.5], strict=True):
        gap, up = after - moment, lift * rng.uniform(0.5, 1)
        down = min(0.12, 0.25 * gap)
        rest = min(rng.uniform(0.05, 0.5), 0.3 * gap)
        times += [moment - 0.02, moment + rest, max(moment + rest + 0.02, after - down - 0.02)]
        values += [through, through, up]
    return Track(np.array(times), np.array(values))
