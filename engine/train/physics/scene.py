"""One scene of real bodies as training examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from itertools import chain
from typing import NamedTuple

import av
import numpy as np
import torch

from engine.picture.features import CHANNELS, GRID, MotionMeter, PictureFeatures, cut_motion
from engine.predict.focus import cells_of
from engine.train.physics.acts import ACTS
from engine.train.physics.camera import SIZE, Film, filmed, planned, seen_at, shown_width
from engine.train.physics.simulate import CURVE_RATE, Blow, Play, paths, play
from engine.train.physics.stage import LANES, Prop, Stage
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

_RATES = tuple(Fraction(r) for r in "15 24000/1001 24 25 25 30000/1001 30 30 50 60".split())
_LOOKS_EVERY = 0.1  # seconds between the moments at which paths are followed
_CLEAR = 0.15  # picture widths a second: a pixel of 160 a picture, at 25 a second
_MARGIN = 0.03  # of the picture, round what is seen of a thing


def scene(library: SoundLibrary, rng: np.random.Generator, soundings: int) -> list[MadeExample]:
    """Build, play, film and sound one scene.

    soundings: how often other recordings are laid on the same picture. Each gives an example a
    prop that is seen to do something, with its own words, and one of all of them; a bed closes.
    """
    stage, played = _played(rng)
    moments = np.arange(0, SECONDS, _LOOKS_EVERY)
    ways = paths(played, moments)
    places = [
        np.concatenate([np.reshape([blow.place for blow in blows], (-1, 3)), way.reshape(-1, 3)])
        for blows, way in zip(played.blows, ways, strict=True)
    ]
    film = planned(rng, _RATES[int(rng.integers(len(_RATES)))], places)
    pictures = filmed(played, film, shadows=bool(rng.random() < 0.25))
    features = measured(developed(pictures, film.rate, rng), film)
    boxes = [_box(film, moments, way) for way in ways]
    seen = _seen(played, film, moments, ways)
    made = chain.from_iterable(
        _sounded(stage.props, seen, boxes, features, library, rng) for _ in range(soundings)
    )
    return [*made, bed_example(features, library, rng)]


def built(rng: np.random.Generator) -> Stage:
    """One to three acts in lanes of their own, with what stands and moves about."""
    stage = Stage(rng)
    count = int(rng.choice([1, 2, 2, 3]))
    lanes = rng.permutation(len(LANES))[:count] if count > 1 else [1]
    for lane in lanes:
        ACTS[int(rng.integers(len(ACTS)))](stage, LANES[int(lane)])
    stage.clutter()
    stage.distractors()
    return stage


def _played(rng: np.random.Generator) -> tuple[Stage, Play]:
    while True:
        stage = built(rng)
        played = play(stage)
        if played is not None:
            return stage, played


# --- the picture


def developed(
    pictures: Iterable[np.ndarray], rate: Fraction, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Pictures as a camera and a codec leave them: light, contrast, noise, compression."""
    noise, contrast = rng.choice([0.0, 2.0, 5.0]), rng.uniform(0.5, 1.2)
    lift, flicker = rng.uniform(-20, 30), rng.choice([0.0, 0.0, 0.0, 2.0])

    def exposed() -> Iterator[np.ndarray]:
        for picture in pictures:
            grain = rng.normal(0, noise + 0.01, picture.shape[:2])[..., None]
            light = (picture - 110.0) * contrast + 110 + lift + flicker * rng.normal() + grain
            yield np.clip(light, 0, 255).astype(np.uint8)

    if rng.random() < 0.5:
        return exposed()
    return compressed(exposed(), rate, int(rng.integers(3, 16)))


def compressed(pictures: Iterable[np.ndarray], rate: Fraction, step: int) -> Iterator[np.ndarray]:
    """Pictures after MPEG-4 with a quantiser step of 1 (fine) to 31.

    Not H.264: x264 looks at memory beyond small pictures, and no two of its runs are alike.
    """
    file = BytesIO()
    with av.open(file, "w", format="matroska") as target:
        stream = target.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"qmin": str(step), "qmax": str(step), "threads": "1"}
        for picture in pictures:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode(None))
    with av.open(BytesIO(file.getvalue()), "r") as source:
        for frame in source.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def measured(pictures: Iterable[np.ndarray], film: Film) -> PictureFeatures:
    """Motion of pictures, none at cuts."""
    meter = MotionMeter(film.rate)
    motion = np.array([meter.add(picture) for picture in pictures])
    cuts = [cut for cut in film.cuts if cut < len(motion)]
    cut_motion(motion, cuts)
    return PictureFeatures(
        rate=film.rate, start=0, motion=motion.reshape(-1, CHANNELS, *GRID),
        appearance=np.zeros((0, 1280), np.float32), cuts=cuts,
    )  # fmt: skip


# --- what of it is seen


class _Seen(NamedTuple):
    """What a prop does inside the picture: blows, which of them change its movement clearly, and
    the loudness of what goes on."""

    blows: list[Blow]
    clear: list[bool]
    rub: np.ndarray


def _seen(played: Play, film: Film, moments: np.ndarray, ways: list[np.ndarray]) -> list[_Seen]:
    """What each prop does inside the picture."""
    seen: list[_Seen] = []
    at = (np.arange(SECONDS * CURVE_RATE) + 0.5) / CURVE_RATE
    for blows, rub, way in zip(played.blows, played.rubs, ways, strict=True):
        inside = [blow for blow in blows if _inside(film, blow.seconds, blow.place[None]).any()]
        there = [_inside(film, t, geoms).any() for t, geoms in zip(moments, way, strict=True)]
        clear = [_clear(film, blow) for blow in inside]
        seen.append(_Seen(inside, clear, rub * (np.interp(at, moments, there) > 0.5)))
    return seen


def _clear(film: Film, blow: Blow) -> bool:
    """Whether a blow changes what is seen of a movement: anybody could tell its moment."""
    shot = film.shot(blow.seconds)
    away = seen_at(shot, blow.seconds, blow.place[None])[:, 2]
    return bool(blow.change / shown_width(shot, away)[0] > _CLEAR)


def _inside(film: Film, seconds: float, places: np.ndarray) -> np.ndarray:
    x, y, away = seen_at(film.shot(seconds), seconds, places).T
    return (x > 0) & (x < 1) & (y > 0) & (y < 1) & (away > 0)


def _box(film: Film, moments: np.ndarray, way: np.ndarray) -> str | None:
    """The focus "x,y,w,h" round all that is seen of a prop."""
    spots = np.concatenate(
        [
            seen_at(film.shot(t), t, places)[_inside(film, t, places)]
            for t, places in zip(moments, way, strict=True)
        ]
    )
    if not len(spots):
        return None
    # Geoms are followed by their middles: something is left round them.
    margin = _MARGIN + 0.1 / np.median(spots[:, 2])
    low = np.clip(spots[:, :2].min(axis=0) - margin, 0, 0.95)
    high = np.clip(spots[:, :2].max(axis=0) + margin, low + 0.05, 1)
    return ",".join(f"{part:.4f}" for part in (*low, *(high - low)))


# --- the sound


def _sounded(
    props: Sequence[Prop],
    seen: Sequence[_Seen],
    boxes: Sequence[str | None],
    features: PictureFeatures,
    library: SoundLibrary,
    rng: np.random.Generator,
) -> Iterator[MadeExample]:
    """An example a prop, and one of everything."""
    mixed = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    everything: list[float] = []
    for prop, done, box in zip(props, seen, boxes, strict=True):
        sound, words, onsets = _voice(prop, done, library, rng)
        if not words:
            continue
        mixed += sound
        everything += onsets
        focus = cells_of(box if rng.random() < 0.7 else None).numpy()
        yield example(features, sound, words, focus, onsets, rng)
    yield example(features, mixed, "", torch.ones(GRID).numpy(), sorted(everything), rng)


def _voice(
    prop: Prop, done: _Seen, library: SoundLibrary, rng: np.random.Generator
) -> tuple[np.ndarray, str, list[float]]:
    """A prop's sound, what it is, and its onsets; no words if nothing is heard of it.

    A blow that changes no movement clearly is heard, but is no onset: nobody could see it.
    """
    sound = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    words: list[str] = []
    onsets: list[float] = []
    if prop.kinds and done.blows:
        clip = chosen(prop.kinds, library, rng)
        forces = [
            Happening(blow.seconds, float(np.clip((blow.change / prop.full) ** 0.6, 0.08, 1)))
            for blow in done.blows
        ]
        sound += struck(forces, library, clip, rng)
        words.append(library[clip].caption)
        onsets += [b.seconds for b, clear in zip(done.blows, done.clear, strict=True) if clear]
    if prop.rub is not None and done.rub.max() > 0.1:
        clip = chosen(prop.rub.kinds, library, rng)
        sound += going_on(done.rub, library, clip, rng) * np.float32(0.5 if words else 1.0)
        words.append(library[clip].caption)
        onsets += [] if words[1:] else begins(done.rub)
    return sound, ", ".join(words), sorted(onsets)
