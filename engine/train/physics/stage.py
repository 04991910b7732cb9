"""A stage: bodies, what moves them, which of them sound together, and what it all looks like."""

# MuJoCo's bindings carry no types.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import mujoco
import numpy as np

from engine.train.sounding import SECONDS

STEP = 1e-3  # seconds of physics
LEAD = 0.3  # seconds simulated before the scene, in which everything comes to rest
LANES = (-1.25, 0.0, 1.25)  # metres to the right, where acts take place
_STIFFNESS = 90_000.0  # of contacts, per kilogram: a blow lasts about 10 ms
_TEXTURES = 5
_BOUNCE = 0.2  # of floor and walls, and of what says no other

SPHERE = mujoco.mjtGeom.mjGEOM_SPHERE
BOX = mujoco.mjtGeom.mjGEOM_BOX
CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
CAPSULE = mujoco.mjtGeom.mjGEOM_CAPSULE
ELLIPSOID = mujoco.mjtGeom.mjGEOM_ELLIPSOID
PLANE = mujoco.mjtGeom.mjGEOM_PLANE
HINGE = mujoco.mjtJoint.mjJNT_HINGE
SLIDE = mujoco.mjtJoint.mjJNT_SLIDE

Numbers = Sequence[float] | np.ndarray


class Rub(NamedTuple):
    """What sounds as long as it goes on: what moves while it is borne, or turns on its hinge.

    kinds: classes that fit; full: speed of full loudness, m/s or rad/s.
    """

    how: Literal["moves", "turns"]
    kinds: tuple[str, ...]
    full: float


class Prop(NamedTuple):
    """Bodies that sound as one.

    kinds: sound classes of its blows; least, full: changes of speed (m/s) that are heard at all,
    and as loud as it gets; rub: what else of it is heard.
    """

    bodies: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    least: float = 0.15
    full: float = 4.0
    rub: Rub | None = None


class Launch(NamedTuple):
    """A free body gets a velocity (6: linear m/s, angular rad/s) at a moment; held: it hangs where
    it was put until then, and touches nothing."""

    body: str
    seconds: float
    velocity: np.ndarray
    held: bool


class Track(NamedTuple):
    """Where a servo is told to go: values at times, linear between."""

    times: np.ndarray
    values: np.ndarray


class Stage:
    """A scene being built, from a random generator that also chooses how it looks."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.props: list[Prop] = []
        self.launches: list[Launch] = []
        self.tracks: list[Track] = []
        self.spec = mujoco.MjSpec()
        self._named = 0
        self._options()
        self._looks()
        self._floor()

    # --- building

    def body(
        self, at: Numbers, parent: mujoco.MjsBody | None = None, **more: object
    ) -> mujoco.MjsBody:
        """A body at metres right, away and up, in its parent's frame."""
        return (parent or self.spec.worldbody).add_body(name=self.name("body"), pos=at, **more)

    def geom(
        self,
        body: mujoco.MjsBody,
        kind: mujoco.mjtGeom,
        size: Numbers,
        *,
        at: Numbers = (0, 0, 0),
        mass: float = 1.0,
        bounce: float = _BOUNCE,
        look: str | None = None,
        solid: bool = True,
        **more: object,
    ) -> None:
        """A geom. bounce: share of the speed that a blow leaves, 0..1; solid: whether it touches
        anything. Sizes are MuJoCo's: half lengths and radii in metres."""
        body.add_geom(
            type=kind,
            size=[*size, 0, 0][:3],
            pos=at,
            mass=mass,
            material=look or self.look(),
            solref=_contact(bounce),
            priority=0 if bounce == _BOUNCE else 1,
            contype=int(solid),
            conaffinity=int(solid),
            **more,
        )

    def rod(
        self,
        body: mujoco.MjsBody,
        begin: Numbers,
        end: Numbers,
        radius: float,
        *,
        mass: float,
        bounce: float = _BOUNCE,
        look: str | None = None,
        solid: bool = True,
    ) -> None:
        """A round rod from one place in its body to another."""
        self.geom(
            body, CAPSULE, [radius], mass=mass, bounce=bounce, look=look, solid=solid,
            fromto=[*begin, *end],
        )  # fmt: skip

    def hinge(self, body: mujoco.MjsBody, axis: Numbers, **more: object) -> mujoco.MjsJoint:
        """The body turns round an axis through its origin."""
        return body.add_joint(name=self.name("joint"), type=HINGE, axis=axis, **more)

    def slide(self, body: mujoco.MjsBody, axis: Numbers, **more: object) -> mujoco.MjsJoint:
        """The body moves along an axis."""
        return body.add_joint(name=self.name("joint"), type=SLIDE, axis=axis, **more)

    def free(
        self, at: Numbers, seconds: float, velocity: Numbers, *, held: bool = True
    ) -> mujoco.MjsBody:
        """A body that is launched; see Launch."""
        body = self.body(at)
        body.add_freejoint()
        six = np.zeros(6)
        six[: len(velocity)] = velocity
        self.launches.append(Launch(body.name, seconds, six, held))
        return body

    def servo(self, joint: mujoco.MjsJoint, track: Track, stiffness: float, damping: float) -> None:
        """A joint driven towards a track."""
        actuator = self.spec.add_actuator(
            name=self.name("servo"), target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        actuator.set_to_position(kp=stiffness, kv=damping)
        self.tracks.append(track)

    def name(self, what: str) -> str:
        """A name that nothing else has."""
        self._named += 1
        return f"{what}{self._named}"

    def look(self) -> str:
        """A material of the scene."""
        return f"look{int(self.rng.integers(_TEXTURES))}"

    def moments(self, least: float, most: float) -> np.ndarray:
        """Moments in the scene, apart by a steady or a random gap in seconds."""
        rng = self.rng
        gap, steady = rng.uniform(least, most), rng.random() < 0.4
        gaps = np.full(60, gap) if steady else rng.uniform(least, most, 60)
        moments = rng.uniform(0.2, least + 0.4) + np.cumsum(gaps) - gaps[0]
        return moments[moments < SECONDS]

    # --- what every scene has

    def _options(self) -> None:
        self.spec.option.timestep = STEP
        # Elliptic cones: a contact's force and slip stand in the solver's rows as they are.
        self.spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        # Servos are damped harder than an explicit step could bear.
        self.spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        quality = self.spec.visual.quality
        quality.offsamples, quality.shadowsize = 0, 256
        quality.numslices, quality.numstacks = 14, 8
        self.spec.visual.map.znear = 0.02
        light = self.rng.uniform(0.1, 0.5)
        self.spec.visual.headlight.ambient = [light * 0.7] * 3
        self.spec.visual.headlight.diffuse = [light] * 3
        self.spec.visual.headlight.specular = [self.rng.uniform(0, 0.3)] * 3

    def _looks(self) -> None:
        rng = self.rng
        assets: dict[str, bytes] = {}
        for number in range(_TEXTURES + 2):
            name = f"look{number}"
            assets[f"{name}.png"] = cv2.imencode(".png", _pattern(rng))[1].tobytes()
            flat = number >= _TEXTURES  # the last two are the floor's and the walls'
            self.spec.add_texture(
                name=name,
                type=mujoco.mjtTexture.mjTEXTURE_2D if flat else mujoco.mjtTexture.mjTEXTURE_CUBE,
                file=f"{name}.png",
            )
            look = self.spec.add_material(
                name=name, specular=rng.uniform(0, 0.6), shininess=rng.uniform(0, 1)
            )
            look.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
            look.rgba = [*rng.uniform(0.35, 1.0, 3), 1]
            if flat:
                look.texrepeat, look.texuniform = [rng.uniform(0.3, 1.5)] * 2, True
        self.spec.assets = assets
        self.spec.add_texture(
            name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT, width=32, height=192,
            rgb1=rng.uniform(0.2, 0.9, 3), rgb2=rng.uniform(0.0, 0.6, 3),
        )  # fmt: skip
        for _ in range(int(rng.integers(1, 3))):
            at = np.array([rng.uniform(-3, 3), rng.uniform(-3, 1), rng.uniform(2, 4)])
            self.spec.worldbody.add_light(
                pos=at, dir=-at + rng.normal(0, 0.5, 3), diffuse=[rng.uniform(0.3, 0.8)] * 3,
                type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, castshadow=bool(rng.random() < 0.4),
            )  # fmt: skip

    def _floor(self) -> None:
        rng, world = self.rng, self.spec.worldbody
        floor = f"look{_TEXTURES}"
        world.add_geom(
            name="floor", type=PLANE, size=[8, 8, 0.1], material=floor, solref=_contact(_BOUNCE)
        )
        self.spec.worldbody.add_camera(name="eye", pos=[0, -4, 1])
        if rng.random() < 0.6:
            wall = f"look{_TEXTURES + 1}"
            at = [0, rng.uniform(1.2, 4.0), 1.5]
            world.add_geom(
                type=BOX, size=[8, 0.1, 3], pos=at, material=wall, solref=_contact(_BOUNCE)
            )

    def clutter(self) -> None:
        """Things that stand about, behind and before what happens, and move not at all."""
        rng = self.rng
        for _ in range(int(rng.integers(0, 7))):
            far = rng.random() < 0.8
            x, y = rng.uniform(-2.5, 2.5), rng.uniform(0.75, 1.2) if far else rng.uniform(-2, -1.2)
            high = rng.uniform(0.1, 0.9) if far else rng.uniform(0.03, 0.12)
            kind = (BOX, CYLINDER)[int(rng.integers(2))]
            size = [rng.uniform(0.05, 0.3)] * 2 + [high]
            size = [size[0], high] if kind == CYLINDER else size
            self.spec.worldbody.add_geom(
                type=kind, size=[*size, 0][:3], pos=[x, y, high], material=self.look()
            )

    def distractors(self) -> None:
        """Things that move and make no sound: they touch nothing."""
        rng = self.rng
        for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
            x, y, z = rng.uniform(-1.6, 1.6), rng.uniform(0.5, 1.2), rng.uniform(0.3, 1.8)
            body = self.body([x, y, z], gravcomp=1.0)
            kind = (BOX, SPHERE, ELLIPSOID)[int(rng.integers(3))]
            self.geom(body, kind, rng.uniform(0.06, 0.3, 3).tolist(), solid=False)
            times = np.arange(0, SECONDS + 0.1, 0.1)
            if rng.random() < 0.5:
                axis, reach = np.array([1.0, 0, rng.uniform(-0.3, 0.3)]), rng.uniform(0.2, 1.5)
                joint = self.slide(body, axis)
            else:
                axis, reach = rng.normal(size=3), rng.uniform(0.3, 3)
                joint = self.hinge(body, axis)
            turn = 2 * np.pi * rng.uniform(0.05, 0.5) * times + rng.uniform(0, 6)
            self.servo(joint, Track(times, reach * np.sin(turn)), 60.0, 12.0)


def _contact(bounce: float) -> list[float]:
    """MuJoCo's (-stiffness, -damping) for a share of speed that is left after a blow.

    The contact is a damped spring: bounce = exp(-pi z / sqrt(1 - z^2)) for the damping ratio z.
    """
    log = np.log(max(bounce, 1e-3))
    ratio = -log / np.hypot(np.pi, log)
    return [-_STIFFNESS, -2 * ratio * np.sqrt(_STIFFNESS)]


def _pattern(rng: np.random.Generator, side: int = 32) -> np.ndarray:
    """A colour picture uint8 [side, side, 3]: grain, blotches, boards or checks."""
    base, contrast = rng.uniform(90, 230, 3), rng.uniform(5, 70)
    tone = np.zeros((side, side), np.float32)
    for scale in (1, 4, 8):
        stretch = int(rng.choice([1, 1, 4]))
        small = rng.normal(size=(max(2, side // scale), max(2, side // scale // stretch)))
        tone += cv2.resize(small.astype(np.float32), (side, side))
    tone *= 0.5
    if rng.random() < 0.35:
        cells = side // int(rng.choice([2, 4, 8]))
        y, x = np.mgrid[:side, :side] // cells
        tone += rng.uniform(0.5, 2) * ((x + y * (rng.random() < 0.6)) % 2 - 0.5)
    return np.clip(base + contrast * tone[..., None], 0, 255).astype(np.uint8)
