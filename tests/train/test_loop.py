"""A run stops and starts again without anybody being able to tell."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.train.loop import LoopConfig, averaged, run


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

    config = LoopConfig(
        folder=str(folder), steps=steps, batch=16, learning_rate=1e-2, warmup=3,
        save_every=save_every, ema_half_life=5,
    )  # fmt: skip
    return run(model, objective, batches, config)


def test_a_run_learns_and_gives_the_averaged_weights(tmp_path: Path) -> None:
    model = train(tmp_path, 300, save_every=100)
    model.eval()
    x = torch.randn(200, 4)
    assert (model(x)[:, 0] - x.sum(dim=1)).square().mean() < 0.5
    saved = averaged(tmp_path)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, saved[name])


def test_a_resumed_run_goes_on_from_its_last_save_the_same_way_every_time(tmp_path: Path) -> None:
    train(tmp_path / "a", 10)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    first, second = train(tmp_path / "a", 20), train(tmp_path / "b", 20)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    train(tmp_path, 10)
    before = (tmp_path / "state.safetensors").read_bytes()
    train(tmp_path, 10)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))
