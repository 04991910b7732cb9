"""Distances between sets of sounds, and between what a tagger says of two.

Sets are weighted, so that one computation serves the sample and its bootstrap draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_KAD_SCALE = 100.0


class Kernels(NamedTuple):
    """Gaussian kernel between points of a reference x [n, d] and of other sounds y [m, d]."""

    xx: np.ndarray
    yy: np.ndarray
    xy: np.ndarray


def kernels(x: np.ndarray, y: np.ndarray) -> Kernels:
    """Kernel matrices; the bandwidth is the median distance between points of the reference.

    Source: Chung et al., KAD (2025), section 3.
    """
    from scipy.spatial.distance import cdist, pdist

    scale = -0.5 / np.median(pdist(x)) ** 2
    xx, yy, xy = (np.exp(scale * cdist(a, b, "sqeuclidean")) for a, b in ((x, x), (y, y), (x, y)))
    np.fill_diagonal(xx, 0.0)
    np.fill_diagonal(yy, 0.0)
    return Kernels(xx, yy, xy)


def kernel_distance(k: Kernels, weights: np.ndarray | None = None) -> float:
    """KAD: the unbiased squared maximum mean discrepancy, times 100; may be below zero.

    weights [m]: how often each of the other sounds counts; no number where one counts alone.
    Source: Gretton et al. (2012), lemma 6.
    """
    w = np.ones(len(k.yy)) if weights is None else weights
    n = len(k.xx)
    pairs = w.sum() ** 2 - (w**2).sum()
    if not pairs:
        return np.nan
    within = k.xx.sum() / (n * (n - 1))
    others = w @ k.yy @ w / pairs
    across = k.xy.mean(axis=0) @ w / w.sum()
    return float(_KAD_SCALE * (within + others - 2 * across))


def frechet_distance(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Fréchet distance of the Gaussians fitted to x [n, d] and y [m, d] (FAD, FID).

    The trace of (C1 C2)^(1/2) is the sum of the singular values of X^T Y, with C1 = X X^T and
    C2 = Y Y^T: exact for any number of points, no matrix root. weights [m] as above.
    Source: Dowson and Landau (1982), equation 4.
    """
    w = np.ones(len(y)) if weights is None else weights
    w = w / w.sum()
    mean_x, mean_y = x.mean(axis=0), w @ y
    # Each covariance divides by one less than the count, as the field's code does.
    a = (x - mean_x) / np.sqrt(len(x) - 1)
    b = (y - mean_y) * np.sqrt(w * len(y) / (len(y) - 1))[:, None]
    nuclear = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(
        np.square(mean_x - mean_y).sum() + np.square(a).sum() + np.square(b).sum() - 2 * nuclear
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback-Leibler divergence KL(p || q) of two distributions, nats.

    1e-6 is added to q, as the metric's first code does. Source: Iashin and Rahtu (2021), MKL.
    """
    held = p > 0
    return float((p[held] * np.log(p[held] / (q[held] + 1e-6))).sum())


def inception_score(p: np.ndarray, weights: np.ndarray | None = None) -> float:
    """exp of the mean divergence of p [n, classes] from their average (Salimans et al. 2016)."""
    w = np.ones(len(p)) if weights is None else weights
    w = w / w.sum()
    whole = np.maximum(w @ p, 1e-12)
    return float(np.exp(w @ (p * np.log(np.maximum(p, 1e-12) / whole)).sum(axis=1)))


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence of two distributions, nats: 0 where equal, ln 2 where apart."""
    middle = (p + q) / 2

    def half(a: np.ndarray) -> float:
        held = a > 0
        return float((a[held] * np.log(a[held] / middle[held])).sum())

    return (half(p) + half(q)) / 2
