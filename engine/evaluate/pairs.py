"""Pairs: what is heard of each recording, of what the bundle made for it, and of baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine.bundles.load import Bundle
from engine.evaluate.baselines import Nearest, another, fitted, shaped_noise
from engine.evaluate.hearing import Ears, Heard
from engine.evaluate.made import made
from engine.evaluate.manifest import Recording
from engine.melqcd.curves import Curves, curves_of_sound, silent_curves
from engine.picture.features import picture_features
from engine.service.render import variation_seed
from media.clip import open_clip

REAL = "real sound"
GENERATED = "generated"
ANOTHER = "another clip's sound"
NOISE = "curve-shaped noise"
NEAREST = "nearest recording"

#: Told of every sound: number and caption of the recording, whose sound, samples.
Keep = Callable[[int, str, str, np.ndarray], None]
#: What curves a recording with this sound [samples] asks for.
Wanted = Callable[[Recording, np.ndarray, Bundle], Curves]


def true_curves(_recording: Recording, sound: np.ndarray, bundle: Bundle) -> Curves:
    """Those of the sound itself."""
    return curves_of_sound(torch.from_numpy(sound), bundle.manifest.mel)


def predicted_curves(recording: Recording, sound: np.ndarray, bundle: Bundle) -> Curves:
    """Those that the picture and the caption say, as long as the sound."""
    spec = bundle.manifest.mel
    clip = open_clip(recording.path)
    features = picture_features(clip, 0, clip.frames, clip.rate, bundle.backbone)
    pieces = bundle.predictor.curves(
        features,
        bundle.text.encode([recording.caption]).pooled,
        focus=None,
        behaviour="sync",
        frames=spec.frames(len(sound)),
        spec=spec,
        ready=lambda _frame: None,
    )
    whole = silent_curves(spec.frames(len(sound)), spec)
    at = 0
    for piece in pieces:
        whole.put(at, piece)
        at += len(piece)
    return whole


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Recordings, and by whose sound what is heard of each; curves: those that were followed."""

    recordings: Sequence[Recording]
    heard: dict[str, list[Heard]]
    curves: list[Curves]

    @property
    def groups(self) -> list[str]:
        return [one.group for one in self.recordings]

    @property
    def real(self) -> list[Heard]:
        return self.heard[REAL]


def paired(
    recordings: Sequence[Recording],
    bundle: Bundle,
    ears: Ears,
    wanted: Wanted,
    nearest: Nearest | None,
    *,
    seed: int,
    keep: Keep,
    progress: Callable[[float], None],
) -> Pairs:
    """Make and hear everything, one recording after the other.

    The bundle gets each caption with the curves that are wanted for it. nearest: None where there
    are no recordings of a training split.
    """
    pairs = Pairs(recordings=recordings, heard={}, curves=[])
    for number in range(len(recordings)):
        sound = recordings[number].sound(bundle.manifest.mel.sample_rate)
        curves = wanted(recordings[number], sound, bundle)
        pairs.curves.append(curves)
        for of, samples in _sounds(recordings, number, sound, curves, bundle, nearest, seed):
            keep(number, recordings[number].caption, of, samples)
            pairs.heard.setdefault(of, []).append(ears.hear(samples))
        progress((number + 1) / len(recordings))
    return pairs


def _sounds(
    recordings: Sequence[Recording],
    number: int,
    sound: np.ndarray,
    curves: Curves,
    bundle: Bundle,
    nearest: Nearest | None,
    seed: int,
) -> Iterator[tuple[str, np.ndarray]]:
    """Every kind of sound for one recording, all as long as it."""
    spec, own = curves.spec, variation_seed(seed, number)
    samples = len(sound)
    yield REAL, sound
    yield GENERATED, made(bundle, recordings[number].caption, curves, seed=own)[:samples].numpy()
    yield NOISE, shaped_noise(curves.hint(), spec, own)[:samples].numpy()
    yield ANOTHER, fitted(another(recordings, number).sound(spec.sample_rate), samples)
    if nearest is not None:
        yield NEAREST, fitted(nearest(sound).sound(spec.sample_rate), samples)
