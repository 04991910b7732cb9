"""The pipeline's promises, with a tiny network: repeatable, exact in energy, steered by words."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.generate.codec import MelPatchCodec
from engine.generate.inversion import PSEUDO_WORDS, InversionAdapter, seen_in_picture
from engine.generate.networks import Denoiser, scheduler
from engine.generate.parts import Words
from engine.generate.pipeline import Guide, MelPipeline, strengths
from engine.generate.shapes import DenoiserShape
from engine.generate.text import TEXT_TOKENS, TEXT_WIDTH, TextEncoder
from engine.melqcd.curves import Curves, GrowingCurves, curves_of_mel
from engine.melqcd.decompose import FLAT_CODE, to_windows
from engine.melqcd.spec import SMALL


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    torch.manual_seed(0)
    made = Denoiser(DenoiserShape(widths=(32, 64))).eval()
    # A fresh ControlNet ends in zeros; here it must be heard.
    for parameter in made.control.parameters():
        if parameter.abs().max() == 0:
            torch.nn.init.normal_(parameter, std=0.2)
    return made


@pytest.fixture(scope="module")
def pipeline(denoiser: Denoiser) -> MelPipeline:
    return MelPipeline(denoiser, MelPatchCodec(SMALL), scheduler())


@pytest.fixture(scope="module")
def guide(denoiser: Denoiser) -> Guide:
    torch.manual_seed(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "rain", "bark", "##s"]
    return Guide(TextEncoder(words), denoiser.inversion)


def mel(pipeline: MelPipeline, words: Words, frames: int = 120, **changes: object) -> Tensor:
    settings: dict = {"strictness": 1.0, "steps": 3, "seed": 5, **changes}
    return torch.cat(list(pipeline.mels(grown(rising(frames)), words, **settings)), dim=1)


def grown(curves: Curves) -> GrowingCurves:
    return GrowingCurves([curves], len(curves), SMALL)


def rising(frames: int, *, flat: bool = False) -> Curves:
    """Energy that rises from -8 to -4 nats, with any codes or flat ones."""
    shape = torch.randn(SMALL.bands, frames, generator=torch.Generator().manual_seed(2))
    curves = curves_of_mel(shape, SMALL)
    return replace(
        curves,
        energy=np.linspace(-8, -4, frames, dtype=np.float32),
        codes=np.full_like(curves.codes, FLAT_CODE) if flat else curves.codes,
    )


def test_the_same_seed_gives_the_same_mel_and_another_does_not(
    pipeline: MelPipeline, guide: Guide
) -> None:
    words = guide("dog barks", "", None)
    assert torch.equal(mel(pipeline, words), mel(pipeline, words))
    assert not torch.equal(mel(pipeline, words), mel(pipeline, words, seed=6))


@pytest.mark.parametrize("frames", [1, 118, 1100, 2203])
def test_energy_is_the_wanted_one_in_every_frame_of_every_window(
    pipeline: MelPipeline, guide: Guide, frames: int
) -> None:
    made = mel(pipeline, guide("rain", "", None), frames=frames, cuts=lambda _frame: [700])
    assert made.shape == (SMALL.bands, frames)
    # Only what lies under the floor of silence can have been raised to it.
    audible = made.min(dim=0).values > SMALL.log_floor + 1e-3
    energy = to_windows(made, SMALL).mean(dim=0)
    wanted = torch.linspace(-8, -4, frames)
    torch.testing.assert_close(energy[audible], wanted[audible], atol=1e-3, rtol=0)


def test_words_negative_words_and_the_picture_change_what_comes_out(
    pipeline: MelPipeline, guide: Guide
) -> None:
    point = torch.randn(1, TEXT_WIDTH)
    asked = [guide("dog", "", None), guide("rain", "", None), guide("dog", "rain", None),
             guide("", "", point)]  # fmt: skip
    made = [mel(pipeline, words) for words in asked]
    for number, one in enumerate(made):
        assert all(not torch.equal(one, other) for other in made[number + 1 :])


def test_strictness_is_how_far_the_curves_reach(pipeline: MelPipeline, guide: Guide) -> None:
    words = guide("dog", "", None)
    strict, lax, free = (mel(pipeline, words, strictness=s) for s in (1.0, 0.5, 0.0))
    assert not torch.equal(strict, lax)
    others = pipeline.mels(grown(rising(120, flat=True)), words, strictness=0.0, steps=3, seed=5)
    also_free = torch.cat(list(others), dim=1)
    torch.testing.assert_close(free, also_free)


def test_strengths_fall_from_coarse_to_fine_and_from_early_to_late() -> None:
    early, late = strengths(0.6, 0.0, 7), strengths(0.6, 1.0, 7)
    assert (early.diff() > 0).all()
    assert (late < early).all()
    assert strengths(1.0, 0.9, 7).eq(1).all()
    assert strengths(0.0, 0.0, 7).eq(0).all()


def test_a_guides_rows_are_what_to_leave_and_what_to_make(guide: Guide) -> None:
    words = guide("dog barks", "", None)
    assert words.tokens.shape == (2, TEXT_TOKENS + PSEUDO_WORDS, TEXT_WIDTH)
    assert words.tokens[0].abs().max() == 0
    assert words.sentence[0].abs().max() == 0
    assert words.tokens[1, :3].abs().sum(dim=1).gt(0).all()
    assert words.tokens[1, TEXT_TOKENS:].abs().max() == 0


def test_pseudo_words_come_only_from_something_seen() -> None:
    adapter = InversionAdapter()
    assert adapter(torch.zeros(1, TEXT_WIDTH)).abs().max() == 0
    assert adapter(torch.ones(1, TEXT_WIDTH)).shape == (1, PSEUDO_WORDS, TEXT_WIDTH)


def test_what_is_seen_lies_between_the_likeliest_names() -> None:
    names = torch.nn.functional.normalize(torch.randn(1000, TEXT_WIDTH), dim=1)
    logits = torch.full((4, 1000), -10.0)
    logits[:, 3] = 10.0
    point = seen_in_picture(logits, names)
    torch.testing.assert_close(point[0], names[3] * TEXT_WIDTH**0.5, atol=1e-3, rtol=1e-3)
