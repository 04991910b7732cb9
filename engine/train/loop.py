"""One training loop for every part: resumable to the step, averaged weights, logged."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from engine.bundles.weights import load_int8

log = logging.getLogger(__name__)


class LoopConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers of one run. folder keeps the state; steps is the whole length, resumes included.

    start: a part of a bundle whose weights a new run begins with.
    """

    folder: str
    steps: int
    batch: int
    learning_rate: float
    warmup: int = 200
    weight_decay: float = 0.01
    ema_half_life: int = 500
    save_every: int = 250
    threads: int = 1
    seed: int = 0
    start: str | None = None


class Objective(Protocol):
    """Loss of one batch: named parts; the part "loss" is what is minimised."""

    def __call__(self, batch: Any, generator: torch.Generator, /) -> dict[str, Tensor]: ...


def run(
    model: nn.Module,
    objective: Objective,
    batches: Callable[[np.random.Generator], Iterator[Any]],
    config: LoopConfig,
) -> nn.Module:
    """Train model until config.steps, from where the folder's state stopped.

    Learning rate: linear warm-up, then cosine to a tenth. Data and noise of step n depend on
    the seed and n's last save alone, so a resumed run is deterministic.
    Returns a model that holds the averaged weights.
    """
    torch.set_num_threads(config.threads)
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(
        model.parameters(), config.learning_rate, (0.9, 0.99), weight_decay=config.weight_decay
    )
    if config.start is not None:
        model.load_state_dict(load_int8(Path(config.start)))
    average = {name: value.clone() for name, value in model.state_dict().items()}
    start = _resume(folder, model, optimiser, average)
    writer = SummaryWriter(str(folder / "log"), purge_step=start)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _rate_factor(start + step, config)
    )
    data = batches(np.random.default_rng([config.seed, start]))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + start)
    decay = 0.5 ** (1 / config.ema_half_life)
    clock = time.monotonic()
    for step in range(start + 1, config.steps + 1):
        parts = objective(next(data), generator)
        optimiser.zero_grad(set_to_none=True)
        parts["loss"].backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        _average(average, model, min(decay, step / (step + 10)))
        if step % 25 == 0:
            for name, value in {**parts, "gradient_norm": norm}.items():
                writer.add_scalar(name, float(value.detach()), step)
        if step % config.save_every == 0 or step == config.steps:
            _save(folder, step, model, optimiser, average)
            seconds = (time.monotonic() - clock) / config.save_every
            clock = time.monotonic()
            told = "  ".join(f"{name} {float(value.detach()):.4f}" for name, value in parts.items())
            log.info("step %d  %s  %.2f s/step", step, told, seconds)
    writer.close()
    model.load_state_dict(average)
    return model


def averaged(folder: Path) -> dict[str, Tensor]:
    """The averaged weights of the run's last save."""
    return load_file(folder / "average.safetensors")


def _rate_factor(step: int, config: LoopConfig) -> float:
    warm = min(1.0, (step + 1) / config.warmup)
    return warm * (0.55 + 0.45 * float(np.cos(np.pi * min(1.0, step / config.steps))))


def _average(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - decay)
            else:
                average[name].copy_(value)


def _save(
    folder: Path,
    step: int,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: dict[str, Tensor],
) -> None:
    """State as safetensors, never pickles; whole or not at all."""
    moments = {
        f"optimiser.{number}.{key}": value
        for number, state in optimiser.state_dict()["state"].items()
        for key, value in state.items()
    }
    state = {f"model.{k}": v.contiguous() for k, v in model.state_dict().items()}
    tensors = {**moments, **state}
    for name, content, meta in (
        ("average.safetensors", average, None),
        ("state.safetensors", tensors, {"step": str(step)}),
    ):
        part = folder / f"{name}.part"
        save_file({k: v.contiguous() for k, v in content.items()}, part, metadata=meta)
        part.replace(folder / name)


def _resume(
    folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: dict[str, Tensor]
) -> int:
    path = folder / "state.safetensors"
    if not path.exists():
        return 0
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
    tensors = load_file(path)
    model.load_state_dict(
        {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
    )
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".")
            state.setdefault(int(number), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    average.update(averaged(folder))
    log.info("resumed at step %d", step)
    return step
