"""Made picture: small drawn scenes in any amount, every event's moment, force and place known.

Objects bounce, fall, strike, walk, burst or run over cluttered, moving, noisy backgrounds. A scene
gives one example a sounding object (its own words and its own sound), one for everything that
happens, and some for beds that have nothing to do with the picture. Only what the predictor is
fed is kept: motion on the grid, and the curves of the sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

import av
import cv2
import numpy as np

from engine.picture.features import CHANNELS, GRID, MotionMeter, PictureFeatures, cut_motion
from engine.train.sounding import (
    SECONDS,
    Happening,
    MadeExample,
    bed_example,
    begins,
    chosen,
    example,
    going_on,
    struck,
)  # fmt: skip
from engine.train.sounds import SAMPLE_RATE, SoundLibrary

SIZE = (192, 108)  # width, height drawn at
_EXPOSURES = 2  # sub-pictures averaged into one: motion blur
_RATES = tuple(Fraction(r) for r in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60"))
_REPEATS = ("1/2", "4/5", "2/5", "1/2", "5/6")  # pictures filmed for one delivered

STRIKES = (
    "hammer", "metal_impact", "wood_impact", "chop_wood", "sword", "punch_body", "impact_generic",
    "stone_impact", "mining", "switch_button", "keyboard_key", "dig", "coins",
)  # fmt: skip
FALLS = (
    "ball_bounce", "impact_generic", "wood_impact", "stone_impact", "metal_impact", "glass_break",
    "glass_clink", "ceramic", "splash", "plastic", "container",
)  # fmt: skip
STEPS = (
    "footsteps_hard", "footsteps_gravel", "footsteps_wood", "footsteps_grass", "footsteps_snow",
    "footsteps_sand_dirt", "footsteps_water", "horse",
)  # fmt: skip
SWINGS = ("door", "door_slam", "gate", "whoosh", "sword", "car_door")
BURSTS = ("explosion", "gunshot", "fireworks", "thunder", "crash")
CALLS = ("dog", "cat", "bird", "cow", "sheep_goat", "creature", "poultry", "laugh", "cough_sneeze")
RUNS = (
    "engine", "machine", "drill", "saw", "metal_scrape", "appliance", "train", "water_pour",
    "cloth", "metal_rattle",
)  # fmt: skip


class Actor(NamedTuple):
    """A moving thing. box(t) -> centre x, y and half sizes in picture widths, and light 0..1.

    kinds: sound classes that fit; happenings: its events, or none for what sounds as it moves,
    when speed(t) 0..1 gives the loudness.
    """

    box: Callable[[float], tuple[float, float, float, float, float]]
    kinds: tuple[str, ...]
    happenings: list[Happening]
    speed: Callable[[float], float] | None


def scene(library: SoundLibrary, rng: np.random.Generator) -> list[MadeExample]:
    """Draw one scene and sound it."""
    actors = [_actor(rng) for _ in range(int(rng.integers(1, 4)))]
    silent = [_silent(rng) for _ in range(int(rng.integers(0, 3)))]
    features = _film(actors + silent, rng)
    examples: list[MadeExample] = []
    mixed = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    everything: list[float] = []
    for actor in actors:
        clip = chosen(actor.kinds, library, rng)
        sound, onsets = _sounded(actor, library, clip, rng)
        mixed += sound
        everything += onsets
        # What alone is seen to happen sounds, whatever it is called.
        words = library[clip].caption if len(actors) > 1 or rng.random() < 0.6 else ""
        examples.append(example(features, sound, words, _focus(actor, rng), onsets, rng))
    examples.append(
        example(features, mixed, "", np.ones(GRID, np.float32), sorted(everything), rng)
    )
    examples.append(bed_example(features, library, rng))
    return examples


# --- who moves, and how


def _actor(rng: np.random.Generator) -> Actor:
    makers = (_bouncer, _striker, _walker, _swinger, _burster, _caller, _runner, _dropper)
    return makers[int(rng.integers(len(makers)))](rng)


def _bouncer(rng: np.random.Generator) -> Actor:
    """Falls, bounces with losses, and starts again from another place."""
    floor, size = rng.uniform(0.3, 0.5), rng.uniform(0.02, 0.07)
    gravity, keeps = rng.uniform(0.8, 3.0), rng.uniform(0.5, 0.85)
    arcs: list[tuple[float, float, float, float]] = []  # start, take-off speed, x, drift
    happenings: list[Happening] = []
    t = -rng.uniform(0, 0.5)
    while t < SECONDS:
        x, drift = rng.uniform(0.1, 0.9), rng.uniform(-0.15, 0.15)
        height = rng.uniform(0.1, floor - 0.02)
        fall = float(np.sqrt(2 * height / gravity))
        # The first fall is the second half of an arc that began before.
        speed = gravity * fall
        arcs.append((t - fall, speed, x - drift * fall, drift))
        t += fall
        x += drift * fall
        while speed > 0.15 * gravity * fall and t < SECONDS:
            happenings.append(Happening(t, min(1.0, (speed / 1.6) ** 1.2)))
            speed *= keeps
            arcs.append((t, speed, x, drift))
            t += 2 * speed / gravity
            x += 2 * drift * speed / gravity
        t += rng.exponential(0.6)

    def box(t: float) -> tuple[float, float, float, float, float]:
        begin, speed, x, drift = next((a for a in reversed(arcs) if a[0] <= t), arcs[0])
        since = min(max(0.0, t - begin), 2 * speed / gravity)
        y = floor - max(0.0, speed * since - gravity * since**2 / 2)
        return x + drift * since, y - size, size, size, 0.0

    return Actor(box, FALLS, happenings, None)


def _dropper(rng: np.random.Generator) -> Actor:
    """Something is let fall, lands once, lies, and is gone before the next."""
    moments = _moments(rng, 0.7, 2.2)
    floor, gravity = rng.uniform(0.35, 0.52), rng.uniform(1.0, 3.0)
    w, h, x = rng.uniform(0.02, 0.1), rng.uniform(0.02, 0.08), rng.uniform(0.15, 0.85)

    def box(t: float) -> tuple[float, float, float, float, float]:
        landing = next((m for m in moments if t < m + 0.35), moments[-1])
        falling = max(0.0, landing - t)
        return x, floor - h - gravity * falling**2 / 2, w, h, 0.0

    return Actor(box, FALLS, [Happening(m, float(rng.uniform(0.5, 1))) for m in moments], None)


def _striker(rng: np.random.Generator) -> Actor:
    """A tool swings up slowly and down fast, and stops dead."""
    moments = _moments(rng, 0.25, 1.4)
    x, y, size = rng.uniform(0.2, 0.8), rng.uniform(0.25, 0.4), rng.uniform(0.02, 0.07)
    lift, down, along = rng.uniform(0.06, 0.25), rng.uniform(0.06, 0.16), rng.uniform(-1, 1)

    def box(t: float) -> tuple[float, float, float, float, float]:
        after = next((m for m in moments if m > t), moments[-1] + 2)
        before = max((m for m in moments if m <= t), default=after - 2)
        gap = after - before
        swing = min(down, 0.4 * gap)
        if after - t < swing:
            up = ((after - t) / swing) ** 0.7
        else:
            rise = max(1e-3, gap - swing)
            up = float(np.sin(min(1.0, (t - before) / rise) * np.pi / 2) ** 2)
        return x + along * lift * 0.5 * up, y - lift * up, size, size * 1.5, 0.0

    forces = [Happening(m, float(rng.uniform(0.4, 1))) for m in moments]
    return Actor(box, STRIKES, forces, None)


def _walker(rng: np.random.Generator) -> Actor:
    """A figure crosses; its body bobs and its foot comes down at each step."""
    period = rng.uniform(0.26, 0.75)
    start = rng.uniform(0, period)
    speed = rng.uniform(0.03, 0.2) * rng.choice([-1, 1])
    x0, y0, size = rng.uniform(0.1, 0.9), rng.uniform(0.3, 0.42), rng.uniform(0.03, 0.09)
    bob = size * rng.uniform(0.1, 0.35)
    moments = np.arange(start, SECONDS, period)

    def box(t: float) -> tuple[float, float, float, float, float]:
        phase = (t - start) / period % 1.0
        # Quick down into the step, slow up out of it.
        y = bob * (phase**2 if phase > 0.5 else (1 - phase) ** 2 * 0.25 + 0.19)
        return (x0 + speed * t) % 1.0, y0 + y, size * 0.5, size * 1.4, 0.0

    forces = [Happening(float(m), float(rng.uniform(0.35, 0.8))) for m in moments]
    return Actor(box, STEPS, forces, None)


def _swinger(rng: np.random.Generator) -> Actor:
    """A leaf turns on its hinge and comes to a stop against its frame."""
    moments = _moments(rng, 0.9, 2.5)
    x, y, w, h = rng.uniform(0.2, 0.7), rng.uniform(0.22, 0.34), rng.uniform(0.06, 0.16), 0.2
    lasts = rng.uniform(0.2, 0.7)

    def box(t: float) -> tuple[float, float, float, float, float]:
        after = next((m for m in moments if m > t), moments[-1] + 5)
        before = max((m for m in moments if m <= t), default=after - 5)
        opened = np.clip((t - before - 0.25) / 0.5, 0, 1) if t - before < 0.8 else 1.0
        closing = np.clip((after - t) / lasts, 0, 1) ** 0.6
        turned = float(min(opened, closing))
        return x + w * turned, y, w * (1 - 0.8 * turned) + 0.01, h, 0.0

    forces = [Happening(m, float(rng.uniform(0.5, 1))) for m in moments]
    return Actor(box, SWINGS, forces, None)


def _burster(rng: np.random.Generator) -> Actor:
    """A flash that grows and fades."""
    moments = _moments(rng, 0.5, 2.5)
    x, y, size = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.45), rng.uniform(0.03, 0.3)
    fade = rng.uniform(0.08, 0.5)

    def box(t: float) -> tuple[float, float, float, float, float]:
        since = t - max((m for m in moments if m <= t), default=-10.0)
        grown = size * float(1 - np.exp(-since / 0.06)) * float(np.exp(-since / fade))
        return x, y, max(grown, 1e-3), max(grown, 1e-3), float(np.exp(-since / fade))

    forces = [Happening(m, float(rng.uniform(0.6, 1))) for m in moments]
    return Actor(box, BURSTS, forces, None)


def _caller(rng: np.random.Generator) -> Actor:
    """A body that jerks as it calls out."""
    moments = _moments(rng, 0.4, 1.8)
    x, y, size = rng.uniform(0.15, 0.85), rng.uniform(0.2, 0.42), rng.uniform(0.04, 0.12)
    jerk, lasts = size * rng.uniform(0.15, 0.5), rng.uniform(0.12, 0.35)

    def box(t: float) -> tuple[float, float, float, float, float]:
        since = t - max((m for m in moments if m <= t + 0.04), default=-10.0)
        thrown = jerk * float(np.exp(-(((since - lasts / 2) / (lasts / 2)) ** 2)))
        return x + thrown, y - 0.6 * thrown, size, size + thrown, 0.0

    forces = [Happening(m, float(rng.uniform(0.5, 1))) for m in moments]
    return Actor(box, CALLS, forces, None)


def _runner(rng: np.random.Generator) -> Actor:
    """Something that sounds as long and as loud as it moves."""
    x, y, size = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.42), rng.uniform(0.03, 0.12)
    reach, hertz = rng.uniform(0.02, 0.15), rng.uniform(0.8, 5.0)
    edges = np.sort(rng.uniform(0, SECONDS, 2 * int(rng.integers(1, 3))))

    def speed(t: float) -> float:
        ramps = [min(t - a, b - t) / 0.25 for a, b in edges.reshape(-1, 2)]
        return float(np.clip(max(ramps), 0, 1))

    def box(t: float) -> tuple[float, float, float, float, float]:
        swing = reach * speed(t) * float(np.sin(2 * np.pi * hertz * t))
        return x + swing, y + 0.3 * swing, size, size, 0.0

    return Actor(box, RUNS, [], speed)


def _silent(rng: np.random.Generator) -> Actor:
    """Something that moves, gently or abruptly, and makes no sound."""
    makers = (_distractor, _distractor, _caller, _runner)
    return makers[int(rng.integers(len(makers)))](rng)._replace(kinds=(), happenings=[], speed=None)


def _distractor(rng: np.random.Generator) -> Actor:
    """Drifts smoothly and makes no sound."""
    x, y, size = rng.uniform(0, 1), rng.uniform(0.05, 0.5), rng.uniform(0.03, 0.2)
    vx, vy, sway = rng.uniform(-0.1, 0.1), rng.uniform(-0.03, 0.03), rng.uniform(0, 0.03)
    hertz = rng.uniform(0.1, 0.6)

    def box(t: float) -> tuple[float, float, float, float, float]:
        moved = sway * float(np.sin(2 * np.pi * hertz * t))
        return (x + vx * t + moved) % 1.0, y + vy * t, size, size * 0.8, 0.0

    return Actor(box, (), [], None)


def _moments(rng: np.random.Generator, least: float, most: float) -> list[float]:
    """Moments apart by a steady or a random gap."""
    gap, steady = rng.uniform(least, most), rng.random() < 0.4
    moments = [float(rng.uniform(0.1, least + 0.3))]
    while moments[-1] < SECONDS:
        moments.append(moments[-1] + float(gap if steady else rng.uniform(least, most)))
    return moments


# --- the camera


def _film(actors: list[Actor], rng: np.random.Generator) -> PictureFeatures:
    """Draw the scene at some rate and measure its motion."""
    rate = _RATES[int(rng.integers(len(_RATES)))]
    frames = int(SECONDS * rate)
    wide, high = SIZE
    ground = _texture(rng, (high * 2, wide * 2), rng.uniform(10, 70))
    looks = [
        (_texture(rng, (64, 64), rng.uniform(10, 60)), rng.uniform(-90, 90), rng.random() < 0.4)
        for _ in actors
    ]
    pan, shake, noise = rng.uniform(-8, 8, 2), rng.choice([0.0, 0.5, 2.0]), rng.choice([0, 2, 5])
    flicker = rng.choice([0.0, 0.0, 4.0])
    cut = int(rng.integers(frames)) if rng.random() < 0.15 else frames
    meter = MotionMeter(rate)
    motion = np.zeros((frames, CHANNELS, *GRID), np.float32)
    exposures = (np.arange(_EXPOSURES) + 0.5) / _EXPOSURES * rng.uniform(0.3, 1.0)
    # Web video often repeats pictures: it was filmed at a lower rate than it is delivered at.
    filmed = Fraction(rng.choice(_REPEATS)) if rng.random() < 0.2 else Fraction(1)
    pictures: list[np.ndarray] = []
    for number in range(frames):
        if pictures and int(number * filmed) == int((number - 1) * filmed):
            pictures.append(pictures[-1])
            continue
        moved = pan * number / frames + rng.normal(0, shake, 2) * 0.3
        picture = np.zeros((high, wide), np.float32)
        for exposure in exposures:
            t = float((number + exposure - 0.5) / rate)
            picture += _drawn(ground, actors, looks, t, moved, number >= cut)
        picture = picture / _EXPOSURES + rng.normal(0, noise + 0.01, picture.shape)
        picture += flicker * rng.normal()
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    delivered = compressed(pictures, rng) if rng.random() < 0.7 else pictures
    for number, gray in enumerate(delivered):
        motion[number] = meter.add(np.repeat(gray[..., None], 3, axis=2))
    cuts = [cut] if cut < frames else []
    cut_motion(motion, cuts)
    return PictureFeatures(
        rate=rate, start=0, motion=motion, appearance=np.zeros((0, 1280), np.float32), cuts=cuts
    )


def compressed(pictures: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Gray pictures uint8 [h, w] as a web video shows them: through H.264 at some quality.

    Blocks, lost detail and the pulse of key frames are motion to a meter, and no event.
    """
    high, wide = pictures[0].shape
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = wide, high, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {
        "preset": "ultrafast",
        "crf": str(int(rng.integers(22, 38))),
        "g": str(int(rng.integers(12, 250))),
        "threads": "1",
    }
    decoder = av.CodecContext.create("h264", "r")
    seen: list[np.ndarray] = []
    frames = (av.VideoFrame.from_ndarray(picture, format="gray") for picture in pictures)
    for frame in (*frames, None):
        for packet in encoder.encode(frame.reformat(format="yuv420p") if frame else None):
            seen += [shown.to_ndarray(format="gray") for shown in decoder.decode(packet)]
    return seen + [shown.to_ndarray(format="gray") for shown in decoder.decode(None)]


def _texture(rng: np.random.Generator, size: tuple[int, int], contrast: float) -> np.ndarray:
    """Smooth noise at several scales around a random gray."""
    total = np.zeros(size, np.float32)
    for scale in (2, 6, 20):
        small = rng.normal(size=(max(2, size[0] // scale), max(2, size[1] // scale)))
        total += cv2.resize(small.astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    return rng.uniform(60, 190) + contrast * total / 2


def _drawn(
    ground: np.ndarray,
    actors: list[Actor],
    looks: list[tuple[np.ndarray, float, bool]],
    t: float,
    moved: np.ndarray,
    after_cut: bool,
) -> np.ndarray:
    wide, high = SIZE
    left, top = (20 + (60 if after_cut else 0) + moved[0], 20 + moved[1])
    view = np.array([[1, 0, -left], [0, 1, -top]], np.float32)
    picture = cv2.warpAffine(
        ground, view, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    for actor, (texture, shade, round_) in zip(actors, looks, strict=True):
        x, y, w, h, light = actor.box(t)
        zoom = 1.35 if after_cut else 1.0
        box = np.array([x * zoom - (zoom - 1) / 2, y * zoom, w * zoom, h * zoom]) * wide
        x0, y0 = int(np.floor(box[0] - box[2])), int(np.floor(box[1] - box[3]))
        x1, y1 = int(np.ceil(box[0] + box[2])), int(np.ceil(box[1] + box[3]))
        if x1 <= 0 or y1 <= 0 or x0 >= wide or y0 >= high or x1 <= x0 or y1 <= y0:
            continue
        # The patch is placed to a fraction of a pixel, so that slow movement is movement.
        sx, sy = 2 * box[2] / 64, 2 * box[3] / 64
        place = np.array([[sx, 0, box[0] - box[2]], [0, sy, box[1] - box[3]]], np.float32)
        patch = cv2.warpAffine(texture + shade + 255 * light, place, SIZE, flags=cv2.INTER_LINEAR)
        mask = np.ones((64, 64), np.float32)
        if round_:
            mask = cv2.circle(np.zeros((64, 64), np.float32), (32, 32), 31, 1.0, -1)
        cover = cv2.warpAffine(mask, place, SIZE, flags=cv2.INTER_LINEAR)
        picture = picture * (1 - cover) + patch * cover
    return picture


# --- the sound


def _sounded(
    actor: Actor, library: SoundLibrary, clip: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[float]]:
    """The actor's sound over the scene, and when its events begin."""
    if actor.speed is not None:
        marks = np.array([actor.speed(t) for t in np.arange(0, SECONDS, 0.01)])
        return going_on(marks, library, clip, rng), begins(marks)
    return struck(actor.happenings, library, clip, rng), [h.seconds for h in actor.happenings]


def _focus(actor: Actor, rng: np.random.Generator) -> np.ndarray:
    """All of the picture, or the cells round the actor's whole path."""
    if rng.random() < 0.6:
        return np.ones(GRID, np.float32)
    boxes = np.array([actor.box(t)[:4] for t in np.arange(0, SECONDS, 0.2)])
    rows, columns = GRID
    high = SIZE[1] / SIZE[0]
    x0, x1 = (boxes[:, 0] - boxes[:, 2]).min(), (boxes[:, 0] + boxes[:, 2]).max()
    y0, y1 = (boxes[:, 1] - boxes[:, 3]).min(), (boxes[:, 1] + boxes[:, 3]).max()
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows * high
    inside = ((down > y0 - 0.05) & (down < y1 + 0.05))[:, None] & (
        (across > x0 - 0.05) & (across < x1 + 0.05)
    )
    return inside.astype(np.float32) if inside.any() else np.ones(GRID, np.float32)


def scenes(library: SoundLibrary, rng: np.random.Generator) -> Iterator[list[MadeExample]]:
    """Endless scenes."""
    while True:
        yield scene(library, rng)
