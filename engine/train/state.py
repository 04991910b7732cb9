"""What a run keeps: weights, their average and the optimiser's moments, as safetensors."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

log = logging.getLogger(__name__)


_FILE = "state.safetensors"


def averaged(folder: Path) -> dict[str, Tensor]:
    """The averaged weights of the run's last save."""
    return _under("average", load_file(folder / _FILE))


@torch.no_grad()
def averaging(average: Mapping[str, Tensor], model: nn.Module, half_life: int, step: int) -> None:
    """Take a step's weights into their average; a young average follows more quickly."""
    decay = min(0.5 ** (1 / half_life), step / (step + 10))
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)


@contextmanager
def holding(model: nn.Module, average: Mapping[str, Tensor]) -> Generator[None]:
    """The model with its averaged weights, for looking at what it can."""
    own = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(average)
    model.eval()
    with torch.no_grad():
        yield
    model.train()
    model.load_state_dict(own)


def save(
    folder: Path,
    step: int,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Mapping[str, Tensor],
) -> None:
    """Write the state, never as a pickle; whole or not at all."""
    moments = {
        f"optimiser.{number}.{key}": value
        for number, state in optimiser.state_dict()["state"].items()
        for key, value in state.items()
    }
    weights = {f"model.{name}": value for name, value in model.state_dict().items()}
    means = {f"average.{name}": value for name, value in average.items()}
    tensors = {k: v.contiguous() for k, v in (moments | weights | means).items()}
    part = folder / f"{_FILE}.part"
    save_file(tensors, part, metadata={"step": str(step)})
    part.replace(folder / _FILE)


def resume(
    folder: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Mapping[str, Tensor],
) -> int:
    """Put the last save back, and say at which step it was made; 0 where there is none."""
    path = folder / _FILE
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
    tensors = load_file(path)
    model.load_state_dict(_under("model", tensors))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimiser", tensors).items():
        number, key = name.split(".")
        state.setdefault(int(number), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    for name, value in _under("average", tensors).items():
        average[name].copy_(value)
    log.info("resumed at step %d", step)
    return step


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): value
        for name, value in tensors.items()
        if name.startswith(f"{prefix}.")
    }
