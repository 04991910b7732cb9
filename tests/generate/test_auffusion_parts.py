"""Laws of the paper's parts: text, image codec, vocoder, solvers, predictor."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from foreign_weights import AUTOENCODER, PREDICTOR, TEXT, VOCODER, tokenizer_files

from engine.generate.clip import ClipText, clip_tokenizer
from engine.generate.hifigan import HifiGan
from engine.generate.image_codec import MelImageCodec
from engine.generate.parts import Solver
from engine.generate.solvers import Plms, dpm_solver, kept_shares
from engine.melqcd.decompose import to_windows
from engine.melqcd.spec import AUFFUSION, SMALL
from engine.predict.sync_v2x import SyncV2X


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> ClipText:
    torch.manual_seed(0)
    files = tokenizer_files(tmp_path_factory.mktemp("tokenizer"))
    return ClipText(TEXT, clip_tokenizer(*files)).eval()


@pytest.fixture(scope="module")
def codec() -> MelImageCodec:
    torch.manual_seed(0)
    return MelImageCodec(AUFFUSION, AUTOENCODER).eval()


def test_words_are_told_apart_lower_case_and_however_they_are_spaced(text: ClipText) -> None:
    spell = text.tokenizer.encode("A  Dog's\nbark2!").tokens
    assert spell == ["a</w>", "d", "o", "g</w>", "'", "s</w>", *"bar", "k</w>", "2</w>", "!</w>"]


def test_no_pseudo_word_is_lost_behind_a_long_prompt(text: ClipText) -> None:
    for words in ("", "dog", "dog " * 100):
        numbers, start = text.numbers(words, 32)
        assert len(numbers) == 77
        assert start + 32 < 77
        assert numbers[start + 32 :] == [numbers[-1]] * (77 - start - 32)
    assert text.numbers("dog " * 100, 32)[1] == 77 - 1 - 32


def test_a_word_changes_what_follows_and_never_what_stands_before(text: ClipText) -> None:
    one, other = text.encode(["red fox", "red box"]).tokens
    assert torch.equal(one[:4], other[:4])
    assert not torch.equal(one[4], other[4])


def test_pseudo_words_stand_behind_the_prompt(text: ClipText) -> None:
    pseudo = torch.randn(2, 1, 5, TEXT.width)
    one, other = (text.encode(["fox"], words) for words in pseudo)
    _, start = text.numbers("fox", 5)
    assert torch.equal(one.tokens[0, :start], other.tokens[0, :start])
    assert not torch.equal(one.tokens[0, start], other.tokens[0, start])
    assert torch.equal(one.pooled[0], one.tokens[0, start + 5])


def test_a_hint_is_the_encoder_before_it_becomes_a_distribution(codec: MelImageCodec) -> None:
    hint = torch.randn(1, 256, 64)
    grey = (hint - AUTOENCODER.low) / (AUTOENCODER.high - AUTOENCODER.low)
    image = torch.stack([2 * grey.flip(1) - 1] * 3, dim=1)
    with torch.no_grad():
        moments = codec.vae.encode(image).latent_dist.parameters
        made = codec.vae.quant_conv(codec.encode_hint(hint))
    torch.testing.assert_close(made, moments)
    assert made.shape == (1, 8, 32, 8)


def test_latents_are_the_scaled_mean_of_the_image(codec: MelImageCodec) -> None:
    mel = torch.empty(1, 256, 16).uniform_(AUTOENCODER.low, AUTOENCODER.high)
    grey = (mel - AUTOENCODER.low) / (AUTOENCODER.high - AUTOENCODER.low)
    with torch.no_grad():
        mean = codec.vae.encode(torch.stack([2 * grey.flip(1) - 1] * 3, dim=1)).latent_dist.mean
    torch.testing.assert_close(codec.encode_mel(mel), 0.18215 * mean)


def test_a_decoded_mel_has_the_wanted_energy(codec: MelImageCodec) -> None:
    energy = torch.linspace(-9, -2, 64)
    mel = codec.decode_mel(torch.randn(1, 4, 32, 8), energy)
    torch.testing.assert_close(to_windows(mel, AUFFUSION).mean(dim=1)[0], energy)


def test_windows_are_filled_up_to_the_image_that_was_learned(codec: MelImageCodec) -> None:
    assert codec.filled(13, 1000 // codec.patch_frames) == 128
    assert codec.filled(13, 500 // codec.patch_frames) == 64


def test_a_vocoder_makes_every_sample_whatever_its_kernels(codec: MelImageCodec) -> None:
    vocoder = HifiGan(AUFFUSION, VOCODER).eval()
    with torch.no_grad():
        for frames in (1, 7, 40):
            made = vocoder(torch.randn(2, 256, frames), torch.empty(2, 0, frames))
            assert made.shape == (2, frames * 160)
    with pytest.raises(ValueError, match="480"):
        HifiGan(SMALL, VOCODER)


@pytest.mark.parametrize(("solver", "evaluations"), [(dpm_solver(), 20), (Plms(), 21)])
def test_solvers_bring_noise_to_where_a_known_answer_lies(solver: Solver, evaluations: int) -> None:
    """Clean data N(3, 0.5^2): its best prediction is known, so every sample's way is too."""
    mean, deviation = 3.0, 0.5
    solver.set_timesteps(20, "cpu")
    assert len(solver.timesteps) == evaluations
    noise = torch.randn(4000, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    first = kept_shares()[int(solver.timesteps[0])]
    latents = first.sqrt() * mean + (first * deviation**2 + 1 - first).sqrt() * noise
    for step in solver.timesteps:
        kept = kept_shares()[int(step)]
        seen = kept * deviation**2 + 1 - kept
        gain = kept.sqrt() * deviation**2 / seen
        clean = mean + gain * (latents - kept.sqrt() * mean)
        latents = solver.step(clean, step, latents, return_dict=False)[0]
    assert abs(float(latents.mean()) - mean) < 0.05
    assert abs(float(latents.std()) - deviation) < 0.05
    # Solvers are deterministic: order stays.
    assert torch.corrcoef(torch.stack([noise, latents]))[0, 1] > 0.999


def test_the_noise_schedule_is_stable_diffusions() -> None:
    kept = kept_shares()
    torch.testing.assert_close(kept, dpm_solver().alphas_cumprod)  # pyright: ignore
    assert all(a > b for a, b in pairwise(kept.tolist()))


def test_the_predictors_bias_knows_only_how_far_apart_frames_are() -> None:
    bias = SyncV2X(PREDICTOR).rel_pos_bias(12)
    assert bias.shape == (8, 12, 12)
    assert torch.equal(bias[:, 3, 5], bias[:, 7, 9])
    assert not torch.equal(bias[:, 3, 5], bias[:, 5, 3])


def test_predicted_curves_are_nats_with_the_offset_that_the_weights_need(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = SyncV2X(PREDICTOR).eval()
    features = torch.randn(10, PREDICTOR.features)
    plain = network.curves(features, AUFFUSION)
    network.shape = type(PREDICTOR)(
        features=48, width=32, heads=8, head_width=4, energy_offset=0.702
    )
    raised = network.curves(features, AUFFUSION)
    assert len(plain) == 40
    above = plain.energy > AUFFUSION.log_floor
    assert above.any()
    assert raised.energy[above] - plain.energy[above] == pytest.approx(0.702, abs=1e-5)
    assert (plain.codes == raised.codes).all()
