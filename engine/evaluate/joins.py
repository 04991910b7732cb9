"""Joins: is there a step where windows of a long range meet?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.bundles.load import Bundle
from engine.evaluate.figures import measured
from engine.evaluate.interval import mean
from engine.evaluate.made import made
from engine.evaluate.manifest import Recording
from engine.evaluate.pairs import GENERATED, REAL
from engine.generate.codec import PATCH_FRAMES
from engine.generate.project import NATS_TO_DB
from engine.generate.windows import CONTEXT_FRAMES, plan
from engine.melqcd.curves import curves_of_mel
from engine.melqcd.mel import log_mel
from engine.service.render import variation_seed
from host_bridge.protocol import EvaluateRow

NAME = "sounds"
_FRAMES = 300  # of a window, 3 s: recordings are short, joins are wanted
LEAST_SECONDS = 4.0


def rows(recordings: Sequence[Recording], bundle: Bundle, seed: int) -> Iterator[EvaluateRow]:
    """How much more the mel steps at joins than elsewhere, made and real at the same moments.

    recordings: of LEAST_SECONDS and more; each is made anew in windows of 3 s.
    """
    spec = bundle.manifest.mel
    steps: dict[str, list[float]] = {REAL: [], GENERATED: []}
    for number, recording in enumerate(recordings):
        real = log_mel(torch.from_numpy(recording.sound(spec.sample_rate)), spec)
        curves = curves_of_mel(real, spec)
        own = variation_seed(seed, number)
        sound = made(bundle, recording.caption, curves, seed=own, window_frames=_FRAMES)
        joins = joins_of(len(curves))
        steps[REAL].append(join_step_db(real, joins))
        steps[GENERATED].append(join_step_db(log_mel(sound, spec), joins))
    groups = [one.group for one in recordings]
    for of, found in steps.items():
        yield measured(NAME, "step at joins", of, mean(found, groups, seed), "dB", least=False)


def joins_of(frames: int) -> list[int]:
    """Mel frames at which a window ends and the next one's own columns begin."""
    columns, most, context = (-(-n // PATCH_FRAMES) for n in (frames, _FRAMES, CONTEXT_FRAMES))
    windows = list(plan(columns, lambda _column: (), most=most, context=context))
    return [window.stop * PATCH_FRAMES for window in windows[:-1]]


def join_step_db(mel: Tensor, joins: Sequence[int]) -> float:
    """Mean change from frame to frame at joins less that at all frames, dB; nan without joins."""
    if not joins:
        return float("nan")
    change = mel.diff(dim=-1).abs().mean(dim=0).numpy() * NATS_TO_DB
    return float(np.mean([change[join - 1] for join in joins]) - change.mean())
