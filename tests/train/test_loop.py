"""A run stops and starts again, alone or among many, without anybody being able to tell."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import launched_training
import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors import safe_open
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from engine.train.diary import Picture
from engine.train.loop import LoopConfig, run
from engine.train.state import averaged
from host_bridge.errors import CuelockError


def train(folder: Path, steps: int, save_every: int = 5) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))

    def batches(rng: np.random.Generator) -> Iterator[Tensor]:
        while True:
            yield torch.from_numpy(rng.normal(size=(16, 4)).astype(np.float32))

    def objective(batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        noise = 0.01 * torch.randn(16, generator=generator)
        wanted = batch.sum(dim=1) + noise
        return {"loss": (model(batch)[:, 0] - wanted).square().mean()}

    def pictures() -> Iterator[Picture]:
        brightness = int(255 * torch.sigmoid(model(torch.zeros(1, 4))).item())
        yield Picture("looks/grey", np.full((2, 3, 3), brightness, np.uint8))

    config = LoopConfig(
        folder=str(folder), steps=steps, batch=16, learning_rate=1e-2, warmup=3,
        save_every=save_every, ema_half_life=5,
    )  # fmt: skip
    return run(model, objective, batches, config, pictures)


def test_a_run_learns_and_gives_the_averaged_weights(tmp_path: Path) -> None:
    model = train(tmp_path, 300, save_every=100)
    model.eval()
    x = torch.randn(200, 4)
    assert (model(x)[:, 0] - x.sum(dim=1)).square().mean() < 0.5
    saved = averaged(tmp_path)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, saved[name])


def test_two_processes_learn_what_one_does_and_a_killed_run_what_an_unhurt_one_does(
    tmp_path: Path,
) -> None:
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    run_of_two = (launched_training.__file__, str(tmp_path / "two"), "20", "13")
    killed = subprocess.run(
        [*launcher, "--nproc-per-node", "2", *map(str, run_of_two)],
        capture_output=True,
        text=True,
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1",
             "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert killed.returncode != 0
    assert "SIGKILL" in killed.stderr
    assert_same(tmp_path / "two", stopped(tmp_path / "one", steps=20, after=10))
    launched_training.train(tmp_path / "two", 20)
    launched_training.train(tmp_path / "unhurt", 20)
    assert_same(tmp_path / "two", tmp_path / "unhurt")


def test_a_run_of_one_process_goes_on_to_the_very_same_weights(tmp_path: Path) -> None:
    launched_training.train(stopped(tmp_path / "hurt", steps=20, after=10), 20)
    launched_training.train(tmp_path / "unhurt", 20)
    assert_same(tmp_path / "hurt", tmp_path / "unhurt", tolerance=0)


def test_pieces_that_the_processes_cannot_share_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accelerator, "num_processes", 4)
    with pytest.raises(CuelockError) as caught:
        launched_training.train(tmp_path, 5)
    assert caught.value.code == "request.option"
    assert "multiple of 4" in caught.value.hint


def test_figures_and_pictures_of_the_averaged_weights_are_in_the_log(tmp_path: Path) -> None:
    model = train(tmp_path, 50, save_every=25)
    log = EventAccumulator(str(tmp_path / "log")).Reload()
    assert [event.step for event in log.Scalars("loss")] == [1, 25, 50]
    shown = log.Images("looks/grey")
    assert [picture.step for picture in shown] == [25, 50]
    model.eval()
    expected = int(255 * torch.sigmoid(model(torch.zeros(1, 4))).item())
    pixels = av.open(io.BytesIO(shown[-1].encoded_image_string))
    (frame,) = pixels.decode(video=0)
    assert (frame.to_ndarray(format="rgb24") == expected).all()


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    train(tmp_path, 10)
    before = (tmp_path / "state.safetensors").read_bytes()
    train(tmp_path, 10)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    train(tmp_path, 5)
    before = (tmp_path / "state.safetensors").read_bytes()
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))

    def batches(rng: np.random.Generator) -> Iterator[Tensor]:
        while True:
            yield torch.full((16, 4), torch.nan)

    def objective(batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": model(batch).square().mean()}

    config = LoopConfig(
        folder=str(tmp_path), steps=10, batch=16, learning_rate=1e-2, warmup=3, save_every=5
    )
    with pytest.raises(CuelockError) as caught:
        run(model, objective, batches, config)
    assert caught.value.code == "request.option"
    assert "from step 5" in caught.value.hint
    assert (tmp_path / "state.safetensors").read_bytes() == before


class StoppedError(Exception):
    """The run was stopped from outside."""


def stopped(folder: Path, *, steps: int, after: int) -> Path:
    """The folder of a run in one process that was stopped in the step after one of its saves."""

    def happens(step: int) -> None:
        if step == after + 1:
            raise StoppedError

    with pytest.raises(StoppedError):
        launched_training.train(folder, steps, happens)
    return folder


def assert_same(one: Path, other: Path, tolerance: float = 1e-6) -> None:
    """Both runs stand at the same step, with the same weights, averages and moments."""
    states = [load_file(folder / "state.safetensors") for folder in (one, other)]
    torch.testing.assert_close(*states, rtol=tolerance, atol=tolerance)
    steps = []
    for folder in (one, other):
        with safe_open(folder / "state.safetensors", "pt") as file:
            steps.append(file.metadata())
    assert steps[0] == steps[1]
