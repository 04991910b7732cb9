"""Proposition 1 on real sounds: normalised columns cluster by sound event, E and D do not.

The paper states that a mel column M = E + S D splits into a semantic part S that groups by event
and two continuous parts that do not. Shown here without a model: for loud columns of recordings
of many classes, how often the nearest column *of another recording* belongs to the same class
(against chance), and how well k-means clusters agree with classes (adjusted mutual information
estimated against shuffled classes), once with S, once with (E, D).

    python -m engine.evaluate.proposition1 SFX/manifest.csv docs/proposition1.png
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch

from engine.melqcd.decompose import decompose, to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL

CLASSES = (
    "bird", "dog", "engine", "explosion", "fire", "footsteps_gravel", "glass_clink", "gunshot",
    "metal_impact", "rain", "thunder", "water_flow", "wind", "wood_impact",
)  # fmt: skip
COLUMNS_PER_RECORDING = 12
_LOUD_NATS = 3.0  # columns within 26 dB of the recording's loudest


class Columns(NamedTuple):
    """Columns of many recordings: S [n, 8], (E, D) [n, 2], class and recording [n]."""

    semantic: np.ndarray
    energy_spread: np.ndarray
    kind: np.ndarray
    recording: np.ndarray


def columns(manifest: Path, seed: int = 0) -> Columns:
    """Some loud columns of every recording of CLASSES."""
    rng = np.random.default_rng(seed)
    S, ED, kinds, recordings = [], [], [], []
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] in CLASSES]
    for number, row in enumerate(rows):
        sound, _ = soundfile.read(manifest.parent / row["file"], dtype="float32")
        energy, spread, semantic = decompose(
            to_windows(log_mel(torch.from_numpy(sound), SMALL), SMALL)
        )
        loud = np.flatnonzero((energy > energy.max() - _LOUD_NATS).numpy())
        chosen = rng.permutation(loud)[:COLUMNS_PER_RECORDING]
        S.append(semantic.T[chosen].numpy())
        ED.append(torch.stack([energy, spread], 1)[chosen].numpy())
        kinds += [CLASSES.index(row["class"])] * len(chosen)
        recordings += [number] * len(chosen)
    return Columns(np.concatenate(S), np.concatenate(ED), np.array(kinds), np.array(recordings))


def neighbour_agreement(points: np.ndarray, kind: np.ndarray, recording: np.ndarray) -> float:
    """Share of columns whose nearest column of another recording has the same class.

    Class-balanced: the mean over classes. points [n, d] are scaled to unit deviation.
    """
    scaled = torch.from_numpy(points / points.std(axis=0))
    distance = torch.cdist(scaled, scaled)
    distance[torch.from_numpy(recording[:, None] == recording[None])] = torch.inf
    same = kind[distance.argmin(dim=1).numpy()] == kind
    return float(np.mean([same[kind == k].mean() for k in np.unique(kind)]))


def cluster_agreement(points: np.ndarray, kind: np.ndarray, seed: int = 0) -> float:
    """Normalised mutual information of k-means clusters with classes, less its chance value."""
    from scipy.cluster.vq import kmeans2

    scaled = points / points.std(axis=0)
    _, cluster = kmeans2(scaled, 3 * len(CLASSES), minit="++", rng=seed)
    shuffled = np.random.default_rng(seed).permutation(kind)
    return _mutual_information(cluster, kind) - _mutual_information(cluster, shuffled)


def _mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    pa, pb = joint.sum(1, keepdims=True), joint.sum(0, keepdims=True)
    held = joint > 0
    information = (joint[held] * np.log(joint[held] / (pa @ pb)[held])).sum()
    return float(information / -(pb[pb > 0] * np.log(pb[pb > 0])).sum())


def main(manifest: Path, figure: Path) -> None:
    """Print the figures as JSON and draw them."""
    found = columns(manifest)
    parts = {"semantic S": found.semantic, "energy and spread": found.energy_spread}
    scores = {
        name: {
            "nearest neighbour": neighbour_agreement(points, found.kind, found.recording),
            "k-means information": cluster_agreement(points, found.kind),
        }
        for name, points in parts.items()
    }
    chance = float(np.mean([(found.kind == k).mean() for k in np.unique(found.kind)]))
    print(json.dumps({"columns": len(found.kind), "chance": chance, **scores}, indent=1))
    _draw(found, scores, chance, figure)


def _draw(found: Columns, scores: dict[str, dict[str, float]], chance: float, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    shown = [CLASSES.index(k) for k in ("bird", "explosion", "glass_clink", "rain", "wood_impact")]
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
    centred = found.semantic - found.semantic.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    flat = centred @ axes.T
    for ax, points, title in (
        (left, flat, "semantic S (two principal axes)"),
        (middle, found.energy_spread, "energy E and spread D, nats"),
    ):
        for kind, colour in zip(shown, colours, strict=True):
            at = found.kind == kind
            ax.scatter(
                *points[at].T, s=5, alpha=0.5, color=colour, label=CLASSES[kind], linewidths=0
            )
        ax.set_title(title)
    left.legend(fontsize=7, markerscale=2)
    names = list(scores)
    for offset, measure in enumerate(scores[names[0]]):
        values = [scores[name][measure] for name in names]
        right.bar(np.arange(2) + 0.38 * offset, values, 0.36, label=measure)
    right.axhline(chance, color="gray", linestyle=":", label="chance (nearest neighbour)")
    right.set_xticks(np.arange(2) + 0.19, names)
    right.set_title("agreement with the sound event")
    right.legend(fontsize=7)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
