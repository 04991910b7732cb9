"""A generated frame is as loud as its curves say, whatever texture it has."""

import math

import pytest
import torch
from torch import Tensor

from engine.generate.loudness import Loudness, level
from engine.melqcd.decompose import to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL

HINT = torch.full((SMALL.bands, 100), -4.0)


def textured(contrast: Tensor, seed: int = 0) -> Tensor:
    """A mel about the hint, its windows' means exact, its bands apart by a contrast a frame."""
    drawn = torch.randn(HINT.shape, generator=torch.Generator().manual_seed(seed))
    means = to_windows(drawn, SMALL).repeat_interleave(SMALL.bands_per_window, dim=0)
    return HINT + contrast * (drawn - means)


def test_level_is_that_of_the_sound() -> None:
    noise = 0.1 * torch.randn(48_000, generator=torch.Generator().manual_seed(1))
    loud, quiet = (level(log_mel(sound, SMALL), SMALL)[10:-10] for sound in (noise, noise / 10))
    assert loud.std() < 0.1
    torch.testing.assert_close(loud - quiet, torch.full_like(loud, math.log(10)), atol=0.01, rtol=0)


def test_texture_that_comes_and_goes_leaves_the_level_as_it_is_wanted() -> None:
    mel = textured(1 + 0.3 * torch.sin(torch.arange(100) / 3))
    followed = Loudness(SMALL).followed(mel, HINT, 0, 1.0)
    assert level(followed, SMALL).std() < 0.5 * level(mel, SMALL).std()
    torch.testing.assert_close(to_windows(followed, SMALL), to_windows(mel, SMALL))


def test_without_strictness_texture_stays() -> None:
    mel = textured(1 + 0.3 * torch.sin(torch.arange(100) / 3))
    left = Loudness(SMALL).followed(mel, HINT, 0, 0.0)
    torch.testing.assert_close(left, mel, atol=0.01, rtol=0)


def test_silence_stays_silent() -> None:
    silent = torch.full_like(HINT, SMALL.log_floor)
    assert torch.equal(Loudness(SMALL).followed(silent, silent, 0, 1.0), silent)


@pytest.mark.parametrize("later", [0.9, 1.1])
def test_the_next_window_goes_on_as_loud_as_the_last_one_ended(later: float) -> None:
    loudness, context = Loudness(SMALL), 30
    contrast = torch.ones(100)
    before = loudness.followed(textured(contrast), HINT, 0, 1.0)
    contrast[context:] = later
    after = loudness.followed(textured(contrast, seed=1), HINT, context, 1.0)
    ended, goes_on = level(before, SMALL)[-10:].mean(), level(after, SMALL)[context : context + 3]
    assert abs(float(goes_on.mean() - ended)) < 0.05
