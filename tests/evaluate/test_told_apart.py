"""An independent tagger tells generated sounds apart more often than not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.evaluate.told_apart import SOUNDS, confusion

BOUNCE = Path("tests/media/bounce.mp4")


def test_generated_sounds_are_told_apart_more_often_than_not(tmp_path: Path) -> None:
    counts = confusion(BOUNCE, tmp_path, seeds=3)
    assert counts.shape == (len(SOUNDS), len(SOUNDS))
    assert np.trace(counts) > 0.5 * counts.sum()
