"""How well the predictor sees: its curves against the real sound of real clips.

Nothing is learned from these clips. The energy curve is compared as it is; onsets are those that
spotting reports.

    python -m engine.evaluate.sees AV/manifest.csv
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import torch

from engine.bundles.load import load_bundle
from engine.evaluate.sync import (
    RATE,
    energy_correlation,
    log_energy,
    onset_f1,
    onset_lift,
    strict_onsets,
)
from engine.picture.clip import open_clip
from engine.picture.features import picture_features
from engine.picture.sound import sound
from engine.predict.focus import cells_of
from engine.predict.predictor import MotionPredictor
from engine.predict.spot import peaks
from engine.predict.v2x import predict


def main(manifest: Path) -> None:
    """Print mean figures over the clips of kind "sync", with the standard error of each."""
    bundle = load_bundle("small")
    assert isinstance(bundle.predictor, MotionPredictor)
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "sync"]
    figures: dict[str, list[float]] = {}
    for row in rows:
        clip = open_clip(manifest.parent / row["file"])
        real = sound(clip, sample_rate=RATE)
        features = picture_features(clip, 0, clip.frames, clip.rate, bundle.backbone)
        words = bundle.text.encode([row["caption"]]).pooled
        frames = int(100 * clip.frames / clip.rate)
        made = predict(
            bundle.predictor.network, features, words, cells_of(None), frames, looking=True
        )
        # Two curve frames make one of the measure's, whose first window is centred at 20 ms.
        energy = made.energy[0].numpy()[1:]
        wanted = log_energy(real)
        got = energy[: len(energy) // 2 * 2].reshape(-1, 2).mean(axis=1)
        figures.setdefault("energy correlation", []).append(energy_correlation(wanted, got))
        onsets = strict_onsets(real)
        if len(onsets) < 2:
            continue
        chance = torch.sigmoid(made.onset[0]).numpy()
        spotted = (np.array([frame for frame, _ in peaks(chance)]) + 0.5) / 100
        for tolerance in (0.05, 0.1):
            name = f"{round(1000 * tolerance)} ms"
            f1 = onset_f1(onsets, spotted, tolerance)
            lift = onset_lift(onsets, spotted, len(real) / RATE, tolerance)
            figures.setdefault(f"onset F1 {name}", []).append(f1)
            figures.setdefault(f"onset lift {name}", []).append(lift)
    told = {
        name: [round(float(np.mean(v)), 3), round(float(np.std(v) / len(v) ** 0.5), 3), len(v)]
        for name, v in figures.items()
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
