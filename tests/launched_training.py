"""A small run for launchers: `python launched_training.py FOLDER STEPS KILLED_AT`.

Two pieces a step, whoever computes them. In the step KILLED_AT every process kills itself, as a
power cut does it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.train.loop import LoopConfig, run

PIECES, SAVE_EVERY = 2, 5


def nothing_happens(_step: int) -> None: ...


def train(folder: Path, steps: int, happens: Callable[[int], None] = nothing_happens) -> nn.Module:
    """Learn to add four numbers, from noisy examples; something happens in every step."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 1))
    calls_a_step = PIECES // int(os.environ.get("WORLD_SIZE", "1"))
    calls = 0

    def batches(rng: np.random.Generator) -> Iterator[Tensor]:
        while True:
            yield torch.from_numpy(rng.normal(size=(8, 4)).astype(np.float32))

    def objective(batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        nonlocal calls
        calls += 1
        happens(calls // calls_a_step)
        wanted = batch.sum(dim=1) + 0.1 * torch.randn(8, generator=generator)
        return {"loss": (model(batch)[:, 0] - wanted).square().mean()}

    config = LoopConfig(
        folder=str(folder), steps=steps, batch=8, pieces=PIECES, learning_rate=1e-2, warmup=3,
        save_every=SAVE_EVERY, ema_half_life=5,
    )  # fmt: skip
    return run(model, objective, batches, config)


def _killed(step: int) -> None:
    if step == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]), _killed)
