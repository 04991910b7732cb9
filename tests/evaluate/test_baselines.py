"""Baselines sound as they claim: noise takes a mel's shape, Griffin and Lim find its phase."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.evaluate.baselines import Nearest, another, fitted, griffin_lim, shaped_noise
from engine.evaluate.manifest import Recording
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL

RATE = SMALL.sample_rate


def sweep(seconds: float = 0.6) -> torch.Tensor:
    t = torch.arange(int(seconds * RATE)) / RATE
    noise = torch.randn(len(t), generator=torch.Generator().manual_seed(0))
    return 0.3 * torch.sin(2 * torch.pi * (300 + 2000 * t) * t) + 0.02 * noise


def recording(name: str, group: str) -> Recording:
    return Recording(path=Path(name), caption="", split="train", group=group)


def test_noise_takes_the_level_and_the_colour_of_a_mel() -> None:
    mel = log_mel(sweep(), SMALL)
    made = log_mel(shaped_noise(mel, SMALL, seed=1), SMALL)
    assert made.shape == mel.shape
    assert float((made - mel).mean()) == pytest.approx(0, abs=0.3)
    flat = log_mel(shaped_noise(torch.zeros_like(mel), SMALL, seed=1), SMALL)
    assert (made - mel).abs().mean() < 0.3 * (flat - mel).abs().mean()


def test_noise_of_another_seed_is_another_sound_with_the_same_mel() -> None:
    mel = log_mel(sweep(), SMALL)
    one, two = (shaped_noise(mel, SMALL, seed=seed) for seed in (1, 2))
    assert abs(float(torch.corrcoef(torch.stack([one, two]))[0, 1])) < 0.5
    assert torch.equal(one, shaped_noise(mel, SMALL, seed=1))


def test_rounds_of_griffin_and_lim_bring_the_mel_nearer() -> None:
    mel = log_mel(sweep(), SMALL)
    errors = [
        float((log_mel(griffin_lim(mel, SMALL, rounds), SMALL) - mel).abs().mean())
        for rounds in (0, 4, 64)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert len(griffin_lim(mel, SMALL, 1)) == mel.shape[-1] * SMALL.hop


def test_another_clip_is_never_a_take_of_the_same_recording() -> None:
    recordings = [recording("a", "one"), recording("b", "one"), recording("c", "two")]
    assert another(recordings, 0).path == Path("c")
    assert another(recordings, 2).path == Path("a")


def test_the_nearest_recording_is_the_one_that_sounds_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sounds = {
        "noise": rng.standard_normal(RATE) * 0.1,
        "sweep": np.pad(sweep().numpy(), (0, RATE // 2)),
    }
    for name, samples in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE, subtype="FLOAT")
    nearest = Nearest([recording(str(tmp_path / f"{n}.wav"), n) for n in sounds], SMALL)
    assert nearest(sweep().numpy() * 0.9).group == "sweep"


def test_a_sound_is_fitted_by_cutting_or_by_silence() -> None:
    assert fitted(np.ones(3), 2).tolist() == [1, 1]
    assert fitted(np.ones(2), 3).tolist() == [1, 1, 0]
