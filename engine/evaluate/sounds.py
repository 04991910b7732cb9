"""Sounds: does it sound like real sound at all, whatever it is?

Sets are compared with a reference of other unseen recordings, one point a recording: the mean of
its embedding, so that long recordings do not count for more and points are independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.evaluate.distances import frechet_distance, kernel_distance, kernels
from engine.evaluate.figures import absent, measured
from engine.evaluate.hearing import Heard
from engine.evaluate.interval import interval, mean
from engine.evaluate.pairs import GENERATED, NOISE, Pairs
from host_bridge.protocol import EvaluateRow

NAME = "sounds"
_ROUNDS = 200
_SHARE_OF_NOISE = 1 / 3


def rows(
    pairs: Pairs,
    reference: Sequence[Heard],
    embedders: Sequence[str],
    seed: int,
    *,
    promised: bool,
) -> Iterator[EvaluateRow]:
    """KAD and FAD of every kind of sound with every embedder; bandwidth.

    promised: whether the bounds are for these curves.
    """
    bound = _SHARE_OF_NOISE if promised else None
    for embedder in embedders:
        yield from _distances(pairs, points(reference, embedder), embedder, bound, seed)
    for of, heard in pairs.heard.items():
        bandwidth = [one.bandwidth_hz / 1000 for one in heard]
        yield measured(NAME, "bandwidth", of, mean(bandwidth, pairs.groups, seed), "kHz")
    yield absent(NAME, "FID", "Melception's weights (SpecVQGAN, 21-05-10T09-28-40)")
    yield absent(NAME, "FD-PaSST", "PaSST's weights (passt_s_swa_p16_128_ap476)")
    yield absent(NAME, "FD-PANNs", "PANNs' weights (Cnn14_16k)")
    yield absent(NAME, "IB-AA", "ImageBind's weights (imagebind_huge)")


def points(heard: Sequence[Heard], embedder: str) -> np.ndarray:
    """Embeddings [n, width]."""
    return np.stack([one.points[embedder] for one in heard]).astype(float)


def _distances(
    pairs: Pairs, reference: np.ndarray, embedder: str, bound: float | None, seed: int
) -> Iterator[EvaluateRow]:
    sets = {of: points(heard, embedder) for of, heard in pairs.heard.items()}
    compared = {of: kernels(reference, points) for of, points in sets.items()}
    for of in sets:
        found = interval(
            lambda w, of=of: kernel_distance(compared[of], w),
            pairs.groups,
            seed=seed,
            rounds=_ROUNDS,
        )
        yield measured(NAME, f"KAD, {embedder}", of, found, least=False)
    share = interval(
        lambda w: kernel_distance(compared[GENERATED], w) / kernel_distance(compared[NOISE], w),
        pairs.groups,
        seed=seed,
        rounds=_ROUNDS,
    )
    name = f"KAD, {embedder}, over noise's"
    yield measured(NAME, name, GENERATED, share, "", bound, least=False)
    for of, made in sets.items():
        found = interval(
            lambda w, made=made: frechet_distance(reference, made, w),
            pairs.groups,
            seed=seed,
            rounds=_ROUNDS // 4,
        )
        yield measured(NAME, f"FAD, {embedder}", of, found, least=False)
