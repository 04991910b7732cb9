"""Play a stage: where everything is at each step, and what is struck when, where and how hard.

A blow is a burst of force between two geoms that rises at once, beyond what they bear anyway: its
moment is the step at which the force appears, its strength the impulse over the lighter side's
mass, which is a change of speed. What presses harder and harder (a foot that pushes off) is none.
"""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np

from engine.train.physics.stage import LEAD, SECONDS, STEP, Launch, Prop, Stage

CURVE_RATE = 100
_BEFORE = round(LEAD / STEP)
_STEPS = round(SECONDS / STEP)
_CURVE_STEPS = round(1 / CURVE_RATE / STEP)
_BORNE_STEPS = 60
_SMOOTH = np.hanning(9)[1:-1]  # hundredths of a second
_BURST, _CALM = 15, 5  # steps a blow lasts at most, and before it whose force is weight
_LEAST = 0.02  # change of speed that is looked at
_ONE_SOUND = 0.03  # seconds within which two blows of a prop are heard as one


class Blow(NamedTuple):
    """seconds from the scene's start; change of speed in m/s; place in metres."""

    seconds: float
    change: float
    place: np.ndarray


class Play(NamedTuple):
    """A stage that was played.

    positions: [steps, nq] every STEP; geoms: of each
    prop with what hangs on it; blows: of each prop, in the
    order of time; rubs: [props, SECONDS * CURVE_RATE] loudness 0..1 of what goes on.
    """

    model: mujoco.MjModel
    positions: np.ndarray
    geoms: list[np.ndarray]
    blows: list[list[Blow]]
    rubs: np.ndarray


class _Touch(NamedTuple):
    """One step of one pair of geoms."""

    step: int
    force: float
    place: np.ndarray


def play(stage: Stage) -> Play | None:
    """Simulate the whole scene; None if the bodies were set so that the simulation broke."""
    model = stage.spec.compile()
    data = mujoco.MjData(model)
    owner = _owners(model, stage.props)
    mass = _masses(model)
    commands = _commands(stage)
    joints = model.actuator_trnid[:, 0]
    data.qpos[model.jnt_qposadr[joints]] = commands[0]
    launches = _Launches(model, data, stage)
    positions = np.zeros((_STEPS, model.nq), np.float32)
    speeds = np.zeros((SECONDS * CURVE_RATE, len(stage.props)))
    touches: dict[tuple[int, int], list[_Touch]] = {}
    for number in range(_BEFORE + _STEPS):
        step = number - _BEFORE
        data.ctrl[:] = commands[max(0, step)]
        launches.apply(step * STEP)
        mujoco.mj_step(model, data)
        _collect(data, touches, step)
        if step >= 0:
            positions[step] = data.qpos
            if step % _CURVE_STEPS == 0:
                speeds[step // _CURVE_STEPS] = _speeds(model, data, stage.props)
    if data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number:
        return None
    blows: list[list[Blow]] = [[] for _ in stage.props]
    for pair, series in touches.items():
        sides = [geom for geom in pair if mass[geom] < np.inf]
        if not sides:
            continue
        found = _bursts(series, min(mass[geom] for geom in sides))
        for prop in {int(owner[geom]) for geom in pair} - {-1}:
            blows[prop] += found
    heard = [_heard(prop, blows_) for prop, blows_ in zip(stage.props, blows, strict=True)]
    rubs = [
        _rubbed(
            prop, speeds[:, number],
            [series for pair, series in touches.items() if number in owner[list(pair)]],
            float(mass[owner == number].min()),
        )
        for number, prop in enumerate(stage.props)
    ]  # fmt: skip
    return Play(model, positions, _whole(model, stage.props), heard, np.array(rubs))


def paths(play: Play, seconds: np.ndarray) -> list[np.ndarray]:
    """Where the geoms of each prop are at moments: metres [moments, geoms, 3] a prop."""
    data = mujoco.MjData(play.model)
    found: list[np.ndarray] = []
    for moment in seconds:
        data.qpos[:] = play.positions[min(round(moment / STEP), _STEPS - 1)]
        mujoco.mj_kinematics(play.model, data)
        found.append(data.geom_xpos.copy())
    return [np.array(found)[:, geoms] for geoms in play.geoms]


class _Launches:
    """Holds free bodies and lets them go."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, stage: Stage) -> None:
        self._model, self._data = model, data
        self._waiting = sorted(stage.launches, key=lambda launch: launch.seconds)
        self._start = data.qpos.copy()
        self._solid = model.geom_contype.copy()
        for launch in self._waiting:
            if launch.held:
                self._touches(launch, False)

    def apply(self, seconds: float) -> None:
        """Before the step at a moment."""
        while self._waiting and self._waiting[0].seconds <= seconds:
            launch = self._waiting.pop(0)
            _, dof = self._address(launch)
            self._data.qvel[dof : dof + 6] = launch.velocity
            self._touches(launch, True)
        for launch in self._waiting:
            if launch.held:
                at, dof = self._address(launch)
                self._data.qpos[at : at + 7] = self._start[at : at + 7]
                self._data.qvel[dof : dof + 6] = 0

    def _address(self, launch: Launch) -> tuple[int, int]:
        joint = self._model.body_jntadr[self._model.body(launch.body).id]
        return self._model.jnt_qposadr[joint], self._model.jnt_dofadr[joint]

    def _touches(self, launch: Launch, on: bool) -> None:
        mine = self._model.geom_bodyid == self._model.body(launch.body).id
        solid = self._solid[mine] if on else 0
        self._model.geom_contype[mine] = self._model.geom_conaffinity[mine] = solid


def _owners(model: mujoco.MjModel, props: list[Prop]) -> np.ndarray:
    """The prop of every geom, or -1."""
    owner = np.full(model.ngeom, -1)
    for number, prop in enumerate(props):
        for name in prop.bodies:
            owner[model.geom_bodyid == model.body(name).id] = number
    return owner


def _whole(model: mujoco.MjModel, props: list[Prop]) -> list[np.ndarray]:
    """The geoms of each prop with all that hangs on them: a foot's whole figure."""
    root = model.body_rootid
    return [
        np.flatnonzero(np.isin(root[model.geom_bodyid], [root[model.body(b).id] for b in p.bodies]))
        for p in props
    ]


def _masses(model: mujoco.MjModel) -> np.ndarray:
    """What each geom moves with it, in kilograms: all that hangs together; infinite if fixed."""
    body = model.geom_bodyid
    return np.where(
        model.body_weldid[body] == 0, np.inf, model.body_subtreemass[model.body_rootid[body]]
    )


def _commands(stage: Stage) -> np.ndarray:
    """What the servos are told at each step: [steps, servos]."""
    seconds = np.arange(_STEPS) * STEP
    commands = np.zeros((_STEPS, len(stage.tracks)))
    for number, track in enumerate(stage.tracks):
        commands[:, number] = np.interp(seconds, track.times, track.values)
    return commands


def _collect(data: mujoco.MjData, touches: dict[tuple[int, int], list[_Touch]], step: int) -> None:
    """Add this step's contact forces, as mj_contactForce gives them, pair by pair."""
    if not data.ncon:
        return
    contact = data.contact
    forces, places = data.efc_force.tolist(), contact.pos.copy()
    for number, ((one, two), row) in enumerate(
        zip(contact.geom.tolist(), contact.efc_address.tolist(), strict=True)
    ):
        if row < 0:
            continue
        series = touches.setdefault((one, two), [])
        force = forces[row]
        if series and series[-1].step == step:
            force += series.pop().force
        series.append(_Touch(step, force, places[number]))


def _speeds(model: mujoco.MjModel, data: mujoco.MjData, props: list[Prop]) -> list[float]:
    """How fast what rubs moves (m/s) or turns (rad/s)."""
    speeds: list[float] = []
    for prop in props:
        body = model.body(prop.bodies[0]).id
        turns = prop.rub is not None and prop.rub.how == "turns"
        spin = abs(data.qvel[model.body_dofadr[body]]) if turns else 0.0
        speeds.append(float(spin if turns else np.linalg.norm(data.cvel[body][3:])))
    return speeds


def _rubbed(prop: Prop, speed: np.ndarray, touches: list[list[_Touch]], mass: float) -> np.ndarray:
    """Loudness of what a prop does as long as it goes on, CURVE_RATE a second."""
    if prop.rub is None:
        return np.zeros(SECONDS * CURVE_RATE)
    level = speed / prop.rub.full
    if prop.rub.how == "moves":
        force = np.zeros(_STEPS)
        for series in touches:
            steps = np.array([touch.step for touch in series])
            np.add.at(force, steps[steps >= 0], [t.force for t in series if t.step >= 0])
        # What slides chatters: whether it is borne is a matter of some hundredths of a second.
        borne = np.convolve(force, np.full(_BORNE_STEPS, 1 / _BORNE_STEPS), "same")
        level = level * np.minimum(1.5, borne / (9.81 * mass)).reshape(len(level), -1).mean(axis=1)
    return np.clip(np.convolve(level, _SMOOTH / _SMOOTH.sum(), "same"), 0, 1)


def _bursts(series: list[_Touch], mass: float) -> list[Blow]:
    """Blows among the touches of one pair."""
    steps = np.array([touch.step for touch in series])
    first = int(steps[0]) - _BURST
    force = np.zeros(int(steps[-1]) - first + 2 * _BURST)
    force[steps - first] = [touch.force for touch in series]
    total = np.concatenate([[0.0], np.cumsum(force)])
    at = np.arange(_CALM, len(force) - _BURST)
    before = (total[at] - total[at - _CALM]) / _CALM
    change = (total[at + _BURST] - total[at] - _BURST * before) * STEP / mass
    # All of a short burst lies ahead for some steps; the last of them is its begin.
    around = np.pad(change, _BURST)
    most = np.lib.stride_tricks.sliding_window_view(around, 2 * _BURST + 1).max(axis=1)
    near = (change >= 0.98 * most) & (change > _LEAST)
    begins = at[near & ~np.append(near[1:], False)]
    blows: list[Blow] = []
    for begin in begins.tolist():
        if begin + first > 0:
            place = series[min(int(np.searchsorted(steps, begin + first)), len(series) - 1)].place
            blows.append(Blow((begin + first) * STEP, float(change[begin - _CALM]), place))
    return blows


def _heard(prop: Prop, blows: list[Blow]) -> list[Blow]:
    """Blows that are loud enough, those that are heard as one joined at the first's moment."""
    heard: list[Blow] = []
    for blow in sorted(blows, key=lambda blow: blow.seconds):
        if blow.change < prop.least:
            continue
        if heard and blow.seconds - heard[-1].seconds < _ONE_SOUND:
            last = heard.pop()
            blow = last._replace(change=float(np.hypot(last.change, blow.change)))
        heard.append(blow)
    return heard
