"""The small bundle's vocoder: what is certain of its sound, learned or not."""

from __future__ import annotations

import pytest
import torch

from engine.generate.shapes import VocoderShape
from engine.generate.vocoder import NOISE_CHANNELS, Vocoder
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL


@pytest.fixture(scope="module")
def unlearned() -> Vocoder:
    torch.manual_seed(2)
    return Vocoder(SMALL, VocoderShape(width=16, depth=1)).eval()


def spoken(vocoder: Vocoder, mel: torch.Tensor) -> torch.Tensor:
    noise = torch.randn(
        1, NOISE_CHANNELS, mel.shape[-1], generator=torch.Generator().manual_seed(4)
    )
    with torch.no_grad():
        return vocoder(mel[None], noise)[0]


def test_even_a_network_that_learned_nothing_sounds_nearly_as_its_mel_says(
    unlearned: Vocoder,
) -> None:
    at = torch.arange(96_000) / 48_000
    noise = torch.randn(96_000, generator=torch.Generator().manual_seed(1))
    struck = 0.3 * noise * torch.exp(-9 * (at % 0.5)) + 0.1 * torch.sin(2 * torch.pi * 440 * at)
    mel = log_mel(struck, SMALL)
    made = log_mel(spoken(unlearned, mel), SMALL)
    assert (made - mel).abs().mean() < 0.3


def test_silence_stays_silent(unlearned: Vocoder) -> None:
    silence = torch.full((SMALL.bands, 80), SMALL.log_floor)
    assert spoken(unlearned, silence).abs().max() < 1e-3  # 60 dB under full scale
