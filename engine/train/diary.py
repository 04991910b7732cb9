"""What a run tells: figures and pictures for TensorBoard, a line for the log at every save."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from accelerate import Accelerator
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)

EVERY = 25  # steps between two figures


class Picture(NamedTuple):
    """Something to look at: image uint8 [height, width, 3]."""

    name: str
    image: np.ndarray


class Diary:
    """The diary of one run; the main process writes, the others lend their figures."""

    def __init__(self, folder: Path, start: int, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._writer = (
            SummaryWriter(str(folder / "log"), purge_step=start)
            if accelerator.is_main_process
            else None
        )
        self._step, self._clock = start, time.monotonic()
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def note(self, step: int, told: Mapping[str, Tensor]) -> None:
        """A step's figures, averaged over the processes; every few steps they are written."""
        if step % EVERY and step != 1:
            return
        parts = self._accelerator.reduce({k: v.detach() for k, v in told.items()}, "mean")
        self._told = {name: float(value) for name, value in parts.items()}
        if self._writer is not None:
            for name, value in self._told.items():
                self._writer.add_scalar(name, value, step)

    def report(self, step: int) -> None:
        """A line for the log: the last figures, and how long a step takes."""
        seconds = (time.monotonic() - self._clock) / (step - self._step)
        if self._writer is not None:
            told = "  ".join(f"{name} {value:.4f}" for name, value in self._told.items())
            log.info("step %d  %s  %.2f s/step", step, told, seconds)
        self._step, self._clock = step, time.monotonic()

    def show(self, step: int, pictures: Iterable[Picture]) -> None:
        """Pictures of this step."""
        if self._writer is not None:
            for picture in pictures:
                self._writer.add_image(picture.name, picture.image, step, dataformats="HWC")
