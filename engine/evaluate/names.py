"""Names: does a listener who never saw the picture call the sound by its name?

The listener is YAMNet's tagger. With recordings: its first name for the recording should be among
its first five for the generated sound. Without: captions whose AudioSet names are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from engine.bundles.load import Bundle
from engine.evaluate.baselines import shaped_noise
from engine.evaluate.captions import CAPTIONS, Caption
from engine.evaluate.distances import divergence, inception_score, softmax
from engine.evaluate.figures import absent, measured
from engine.evaluate.hearing import Ears, Heard
from engine.evaluate.interval import Interval, interval, mean
from engine.evaluate.made import made
from engine.evaluate.manifest import Recording
from engine.evaluate.pairs import GENERATED, NOISE, REAL, Pairs
from engine.melqcd.curves import curves_of_mel
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import MelSpec
from engine.service.render import variation_seed
from engine.stems.tagger import tag_match
from host_bridge.protocol import EvaluateRow

NAME = "names"
FIRST = 5


def first_names(scores: np.ndarray, most: int = FIRST) -> set[int]:
    """Numbers of the likeliest classes of scores [521]."""
    return set(np.argsort(-scores, kind="stable")[:most].tolist())


def rows(
    pairs: Pairs, bundle: Bundle, tags: Sequence[str], seed: int, *, promised: bool
) -> Iterator[EvaluateRow]:
    """Every figure of every kind of sound, over recordings that the tagger knows.

    tags: what the tagger's classes are called; promised: whether the bound is for these curves.
    """
    known = np.array([one.known for one in pairs.recordings])

    def judged(
        name: str, unit: str, score: Callable[[Heard, Heard], float], least: bool
    ) -> Iterator[EvaluateRow]:
        for of, heard in pairs.heard.items():
            values = [score(a, b) for a, b in zip(pairs.real, heard, strict=True)]
            found = mean(np.where(known, values, np.nan), pairs.groups, seed)
            bound = 0.5 if promised and of == GENERATED and name == _TOP else None
            yield measured(NAME, name, of, found, unit, bound, least=least)

    yield from judged(_TOP, "", _named, True)
    yield from judged("Class ACC (tagger's first name)", "", _same, True)
    yield from judged("MKL (YAMNet)", "nat", _divergence, False)
    nearness = _nearness([one.caption for one in pairs.recordings], tags, bundle)
    for of, heard in pairs.heard.items():
        near = [tag_match(one.scores, row) for one, row in zip(heard, nearness, strict=True)]
        yield measured(
            NAME, "text-sound score (YAMNet's names)", of, mean(near, pairs.groups, seed)
        )
    for of, heard in pairs.heard.items():
        likely = softmax(np.stack([one.scores for one in heard]))
        score = interval(
            lambda w, p=likely: inception_score(p, w), pairs.groups, seed=seed, rounds=100
        )
        yield measured(NAME, "IS (YAMNet)", of, score)
    yield absent(NAME, "MKL (Melception)", "Melception's weights (SpecVQGAN, 21-05-10T09-28-40)")
    yield absent(NAME, "CLAP score", "CLAP's weights (630k-audioset-best)")
    yield absent(NAME, "IB-AV", "ImageBind's weights (imagebind_huge)")


def _nearness(captions: Sequence[str], tags: Sequence[str], bundle: Bundle) -> np.ndarray:
    """Cosine of each caption with each class's name, by the bundle's text encoder [n, 521]."""
    wanted, names = bundle.text.encode(captions).pooled, bundle.text.encode(tags).pooled
    return torch.cosine_similarity(wanted[:, None], names[None], dim=2).numpy()


_TOP = "first name among first five"


def _named(real: Heard, other: Heard) -> float:
    return float(int(real.scores.argmax()) in first_names(other.scores))


def _same(real: Heard, other: Heard) -> float:
    return float(real.scores.argmax() == other.scores.argmax())


def _divergence(real: Heard, other: Heard) -> float:
    return divergence(softmax(real.scores), softmax(other.scores))


def caption_rows(
    recordings: Sequence[Recording], bundle: Bundle, ears: Ears, seed: int
) -> Iterator[EvaluateRow]:
    """Captions with class-typical curves: right class or its parent among the first five.

    recordings: where typical curves are taken from, never those under measurement.
    """
    spec = bundle.manifest.mel
    right: dict[str, list[float]] = {GENERATED: [], NOISE: [], REAL: []}
    for number, caption in enumerate(CAPTIONS):
        alike = [one for one in recordings if one.sounds_like == caption.sounds_like]
        if not alike:
            continue
        sound = torch.from_numpy(typical(alike, spec.sample_rate, bundle))
        curves = curves_of_mel(log_mel(sound, spec), spec)
        own = variation_seed(seed, number)
        heard = {
            GENERATED: made(bundle, caption.text, curves, seed=own),
            NOISE: shaped_noise(curves.hint(), spec, own),
            REAL: sound,
        }
        for of, samples in heard.items():
            scores = ears.tagger.scores(samples.numpy(), spec.sample_rate)
            right[of].append(float(called(caption, scores, ears.tagger.names)))
    for of, values in right.items():
        found = mean(values, [str(n) for n in range(len(values))], seed) if values else _NONE
        bound = 0.6 if of == GENERATED else None
        yield measured(NAME, "captions: class or parent in first five", of, found, "", bound)


_NONE = Interval(np.nan, np.nan, np.nan, 0)


def called(caption: Caption, scores: np.ndarray, names: Sequence[str]) -> bool:
    """Whether one of a caption's names is among the first five."""
    return bool({names[n] for n in first_names(scores)} & set(caption.names))


def typical(alike: Sequence[Recording], rate: int, bundle: Bundle) -> np.ndarray:
    """The recording whose mean spectrum is nearest to the average of all of them."""
    spec = bundle.manifest.mel
    sounds = [one.sound(rate) for one in alike]
    spectra = torch.stack([_colour(torch.from_numpy(sound), spec) for sound in sounds])
    return sounds[int((spectra - spectra.mean(dim=0)).abs().mean(dim=1).argmin())]


def _colour(sound: torch.Tensor, spec: MelSpec) -> torch.Tensor:
    """Mean log-mel [bands] of what sounds, about its own mean."""
    mel = log_mel(sound, spec)
    energy = mel.mean(dim=0)
    mean = mel[:, energy > energy.max() - 3].mean(dim=1)
    return mean - mean.mean()
