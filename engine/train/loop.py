"""One training loop for every part, on one CPU, many GPUs or many machines.

`cuelock train ...` runs it in one process; `accelerate launch -m engine.cli train ...` in as many
as it is told to, on as many machines (which must all see the run's folder). A step's batch is made
of pieces, each with data and noise of its own, and the processes share the pieces out: so a run
learns the same, whoever computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch import Tensor, nn

from engine.bundles.weights import load_int8
from engine.train.diary import Diary, Picture
from engine.train.state import averaging, holding, resume, save
from host_bridge.errors import CuelockError


class LoopConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers of one run. folder keeps the state; steps is the whole length, resumes included.

    batch: rows of one piece; pieces: how many make a step, a multiple of the processes. threads:
    of each process. start: a part of a bundle whose weights a new run begins with.
    """

    folder: str
    steps: int
    batch: int
    learning_rate: float
    pieces: int = 1
    warmup: int = 200
    weight_decay: float = 0.01
    ema_half_life: int = 500
    save_every: int = 250
    threads: int = 1
    seed: int = 0
    start: str | None = None


class Objective(Protocol):
    """Loss of one batch: named parts; the part "loss" is what is minimised.

    The generator tells on which device to compute.
    """

    def __call__(self, batch: Any, generator: torch.Generator, /) -> dict[str, Tensor]: ...


class _Piece(NamedTuple):
    """One share of every step's batch: its own data, its own noise."""

    data: Iterator[Any]
    generator: torch.Generator


class _Step(nn.Module):
    """The objective as a module, so that accelerate's wrappers see its forward pass."""

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        return self.objective(batch, generator)


def run(
    model: nn.Module,
    objective: Objective,
    batches: Callable[[np.random.Generator], Iterator[Any]],
    config: LoopConfig,
    pictures: Callable[[], Iterable[Picture]] = tuple,
) -> nn.Module:
    """Train model until config.steps, from where the folder's state stopped.

    Learning rate: linear warm-up, then cosine to a tenth. Data and noise begin afresh after every
    save, from the seed, the step and the piece alone: a run that was killed ends with the weights
    of one that was not. pictures are made at every save, by the averaged weights.
    Returns the model with the averaged weights.
    Raises CuelockError request.option when the processes cannot share the pieces out, or when the
    weights are no numbers any more; then they are not saved.
    """
    torch.set_num_threads(config.threads)
    accelerator = Accelerator()
    own = _own_pieces(config, accelerator)
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    learning = [value for value in model.parameters() if value.requires_grad]
    optimiser = torch.optim.AdamW(
        learning, config.learning_rate, (0.9, 0.99), weight_decay=config.weight_decay
    )
    if config.start is not None:
        model.load_state_dict(load_int8(Path(config.start)))
    work = accelerator.prepare(_Step(model, objective))
    average = {name: value.clone() for name, value in model.state_dict().items()}
    start = resume(folder, model, optimiser, average)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda done: _rate_factor(start + done, config)
    )

    def learn(pieces: list[_Piece]) -> dict[str, Tensor]:
        """One step; the loss and its parts over the pieces, and the gradient's norm."""
        told: dict[str, Tensor] = {}
        for piece in pieces:
            with nullcontext() if piece is pieces[-1] else accelerator.no_sync(work):
                batch = send_to_device(next(piece.data), accelerator.device)
                parts = {k: v / len(pieces) for k, v in work(batch, piece.generator).items()}
                accelerator.backward(parts["loss"])
            told = {k: told.get(k, 0) + v.detach() for k, v in parts.items()}
        norm = nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        schedule.step()
        return {**told, "gradient_norm": norm}

    with Diary(folder, start, accelerator) as diary:
        for begin, stop in _stretches(start, config):
            pieces = [_piece(batches, config, begin, n, accelerator.device) for n in own]
            for step in range(begin + 1, stop + 1):
                told = learn(pieces)
                averaging(average, model, config.ema_half_life, step)
                diary.note(step, told)
            diary.report(stop)
            _check(learning, stop, begin)
            if accelerator.is_main_process:
                save(folder, stop, model, optimiser, average)
                with holding(model, average):
                    diary.show(stop, pictures())
            accelerator.wait_for_everyone()
    model.load_state_dict(average)
    return model


def device() -> torch.device:
    """Where this process trains; frozen networks that an objective asks belong there too."""
    return Accelerator().device


def half_where_it_pays(on: torch.device) -> torch.autocast:
    """bfloat16 for the networks inside; on GPUs alone, for few CPUs have units for it."""
    return torch.autocast(on.type, torch.bfloat16, enabled=on.type == "cuda")


def _check(weights: Iterable[Tensor], step: int, saved: int) -> None:
    if not all(bool(value.isfinite().all()) for value in weights):
        raise CuelockError(
            "request.option",
            f"By step {step} the weights are no numbers any more; they are not saved.",
            hint=f"Set a lower `learning_rate` in the config; it goes on from step {saved}.",
        )


def _own_pieces(config: LoopConfig, accelerator: Accelerator) -> range:
    """The numbers of the pieces that this process computes."""
    processes = accelerator.num_processes
    if config.pieces % processes:
        raise CuelockError(
            "request.option",
            f"{processes} processes cannot share {config.pieces} pieces of a batch out.",
            hint=f"Set `pieces` in the config's [loop] to a multiple of {processes}.",
        )
    return range(accelerator.process_index, config.pieces, processes)


def _piece(
    batches: Callable[[np.random.Generator], Iterator[Any]],
    config: LoopConfig,
    begin: int,
    number: int,
    on: torch.device,
) -> _Piece:
    """Data and noise of a piece for the steps from `begin` to the next save."""
    data, noise = np.random.SeedSequence([config.seed, begin, number]).spawn(2)
    seed = int(noise.generate_state(1, np.uint64)[0] >> np.uint64(1))
    return _Piece(batches(np.random.default_rng(data)), torch.Generator(on).manual_seed(seed))


def _stretches(start: int, config: LoopConfig) -> Iterator[tuple[int, int]]:
    """From save to save: (step done before, last step)."""
    while start < config.steps:
        stop = min((start // config.save_every + 1) * config.save_every, config.steps)
        yield start, stop
        start = stop


def _rate_factor(step: int, config: LoopConfig) -> float:
    warm = min(1.0, (step + 1) / config.warmup)
    return warm * (0.55 + 0.45 * float(np.cos(np.pi * min(1.0, step / config.steps))))
