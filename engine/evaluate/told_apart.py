"""Whether an independent tagger tells generated sounds apart.

Each prompt is rendered over the shipped bouncing clip with several seeds. Of the tagger's scores
(logits) the highest among the AudioSet names that belong to each prompt is taken; the prompt that
stands furthest above its own average over all sounds is what the tagger heard.

    python -m engine.evaluate.told_apart CLIP
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from engine.service.render import render
from engine.stems.tagger import Tagger
from host_bridge.protocol import Behaviour, Layer, RenderRequest

SEEDS = 6
#: Prompt, behaviour, and the AudioSet names that fit it.
SOUNDS: tuple[tuple[str, Behaviour, tuple[str, ...]], ...] = (
    ("a dog barks", "sync", ("Dog", "Bark", "Yip", "Bow-wow", "Domestic animals, pets", "Animal")),
    (
        "footsteps on gravel",
        "sync",
        ("Walk, footsteps", "Run", "Crunch", "Crushing", "Chewing, mastication", "Gravel"),
    ),
    ("a gunshot", "sync", ("Gunshot, gunfire", "Explosion", "Cap gun", "Artillery fire", "Boom")),
    ("rain falls", "ambience", ("Rain", "Raindrop", "Rain on surface", "Water", "Stream")),
    ("glass breaks", "sync", ("Glass", "Shatter", "Breaking", "Chink, clink", "Smash, crash")),
)


def confusion(clip: Path, folder: Path, seeds: int) -> np.ndarray:
    """Counts [prompt, heard] over so many seeds each."""
    tagger = Tagger()
    layers = tuple(
        Layer(name=f"{prompt} {seed}", prompt=prompt, behaviour=behaviour, seed=seed)
        for prompt, behaviour, _ in SOUNDS
        for seed in range(seeds)
    )
    request = RenderRequest(clip=str(clip), layers=layers, to=str(folder), range_out="4s")
    reply = render(request).reply
    scores = np.zeros((len(layers), len(SOUNDS)))
    for row, stem in enumerate(reply.stems):
        sound, rate = soundfile.read(stem.path, dtype="float32")
        heard = tagger.scores(sound, rate)
        scores[row] = [
            max(heard[tagger.names.index(name)] for name in names if name in tagger.names)
            for _, _, names in SOUNDS
        ]
    counts = np.zeros((len(SOUNDS), len(SOUNDS)), int)
    for row, heard in enumerate((scores - scores.mean(axis=0)).argmax(axis=1)):
        counts[row // seeds, heard] += 1
    return counts


def main(clip: Path) -> None:
    """Print how often each prompt was heard as which."""
    with tempfile.TemporaryDirectory() as folder:
        counts = confusion(clip, Path(folder), SEEDS)
    right = float(np.trace(counts) / counts.sum())
    table = {prompt: row.tolist() for (prompt, _, _), row in zip(SOUNDS, counts, strict=True)}
    print(json.dumps({"told apart": right, "chance": 1 / len(SOUNDS), "heard as": table}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
