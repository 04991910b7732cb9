"""Vocoding in blocks gives every sample once, and the same sound whatever the pieces."""

import pytest
import torch

from engine.generate.shapes import VocoderShape
from engine.generate.sound import sounds
from engine.generate.vocoder import Vocoder
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL


@pytest.fixture(scope="module")
def vocoder() -> Vocoder:
    torch.manual_seed(0)
    return Vocoder(SMALL, VocoderShape(width=16, depth=1)).eval()


@pytest.mark.parametrize("frames", [1, 399, 401, 905])
def test_every_frame_becomes_its_samples_once(vocoder: Vocoder, frames: int) -> None:
    mel = log_mel(torch.randn(frames * SMALL.hop) * 0.1, SMALL)
    made = list(sounds(iter([mel]), torch.full((frames,), -4.0), vocoder, seed=1))
    assert sum(map(len, made)) == frames * SMALL.hop
    assert all(torch.isfinite(part).all() for part in made)


def test_the_sound_does_not_depend_on_how_the_mel_was_cut_up(vocoder: Vocoder) -> None:
    mel = log_mel(torch.randn(900 * SMALL.hop) * 0.1, SMALL)
    energy = torch.full((900,), -4.0)
    whole = torch.cat(list(sounds(iter([mel]), energy, vocoder, seed=5)))
    pieces = torch.cat(list(sounds(iter(mel.split(130, dim=1)), energy, vocoder, seed=5)))
    assert torch.equal(whole, pieces)
    other = torch.cat(list(sounds(iter([mel]), energy, vocoder, seed=6)))
    assert not torch.equal(whole, other)


def test_blocks_join_without_a_step(vocoder: Vocoder) -> None:
    mel = log_mel(torch.randn(900 * SMALL.hop) * 0.1, SMALL)
    sound = torch.cat(list(sounds(iter([mel]), torch.full((900,), -4.0), vocoder, seed=5)))
    steps = sound.diff().abs()
    joins = torch.tensor([400, 800]) * SMALL.hop
    near = torch.cat([steps[j - 3 : j + 3] for j in joins])
    assert near.max() <= steps.quantile(0.999)
