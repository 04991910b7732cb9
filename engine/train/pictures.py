"""Pictures for the diary: what a network makes beside what is true."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from engine.melqcd.curves import Curves
from engine.melqcd.plot import Panel, drawn
from engine.melqcd.spec import MelSpec
from engine.train.diary import Picture

_LOUDEST = 2.0  # nats, the brightest shade
_GAP = 2  # rows of white between two mels


def mels_beside(name: str, real: Tensor, made: Tensor, spec: MelSpec) -> Picture:
    """Two log-mels [bands, T] above each other, the real one on top, low bands at the bottom."""
    from matplotlib import colormaps

    shade = colormaps["magma"]
    floor = spec.log_floor
    rows = [
        shade(((mel.flip(0).cpu().numpy() - floor) / (_LOUDEST - floor)).clip(0, 1))[..., :3]
        for mel in (real, made)
    ]
    gap = np.ones((_GAP, *rows[0].shape[1:]))
    image = np.concatenate([rows[0], gap, rows[1]])
    return Picture(name, (255 * image).astype(np.uint8))


def curves_beside(name: str, real: Curves, made: Curves) -> Picture:
    """Energy, spread and codes of the truth above those that were predicted."""
    panels = [Panel("true", real, None), Panel("predicted", made, None)]
    canvas = drawn(panels, lambda frame: f"{frame / real.spec.rate:.1f} s")
    canvas.draw()
    return Picture(name, np.asarray(canvas.buffer_rgba())[..., :3].copy())
