"""Sees: the predictor's curves against the real sound of real clips, none of which it learned from.

The energy curve is compared as it is; onsets are those that spotting reports. Clips of kind "sync".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from engine.bundles.load import Bundle
from engine.evaluate.figures import measured
from engine.evaluate.interval import mean
from engine.evaluate.manifest import Recording
from engine.evaluate.sync import (
    energy_correlation,
    log_energy,
    onset_f1,
    onset_lift,
)
from engine.melqcd.onsets import RATE, strict_onsets
from engine.picture.features import picture_features
from host_bridge.protocol import EvaluateRow
from media.clip import open_clip
from media.sound import sound

NAME = "sees"
PREDICTED = "predicted curves"
_BOUNDS = {"energy correlation": 0.15, "onset lift, 50 ms": 0.08, "onset lift, 100 ms": 0.09}
_LEAST_ONSETS = 2


def rows(
    recordings: Sequence[Recording],
    bundle: Bundle,
    *,
    seed: int,
    progress: Callable[[float], None],
) -> Iterator[EvaluateRow]:
    """Mean figures over clips that show what sounds."""
    figures: dict[str, list[float]] = {}
    for number, recording in enumerate(recordings):
        for name, value in _seen(recording, bundle).items():
            figures.setdefault(name, []).append(value)
        progress((number + 1) / len(recordings))
    groups = [one.group for one in recordings]
    for name, values in figures.items():
        found = mean(values, groups, seed)
        yield measured(NAME, name, PREDICTED, found, "", _BOUNDS.get(name))


def _seen(recording: Recording, bundle: Bundle) -> dict[str, float]:
    """Figures of one clip; nan for onsets where it has less than two."""
    clip = open_clip(recording.path)
    real = sound(clip, sample_rate=RATE)
    features = picture_features(clip, 0, clip.frames, clip.rate, bundle.backbone)
    words = bundle.text.encode([recording.caption]).pooled
    pieces = bundle.predictor.curves(
        features, words,
        focus=None, behaviour="sync", frames=int(100 * clip.frames / clip.rate),
        spec=bundle.manifest.mel, ready=lambda _frame: None,
    )  # fmt: skip
    # Two curve frames make one of the measure's, whose first window is centred at 20 ms.
    energy = np.concatenate([piece.energy for piece in pieces])[1:]
    got = energy[: len(energy) // 2 * 2].reshape(-1, 2).mean(axis=1)
    figures = {"energy correlation": energy_correlation(log_energy(real), got)}
    onsets = strict_onsets(real)
    spotted = np.array([float(one.seconds) for one in bundle.predictor.events(features, words)])
    judged = len(onsets) >= _LEAST_ONSETS
    for tolerance in (0.05, 0.1):
        name = f"{round(1000 * tolerance)} ms"
        f1 = onset_f1(onsets, spotted, tolerance) if judged else np.nan
        seconds = len(real) / RATE
        lift = onset_lift(onsets, spotted, seconds, tolerance) if judged else np.nan
        figures |= {f"onset F1, {name}": f1, f"onset lift, {name}": lift}
    return figures
