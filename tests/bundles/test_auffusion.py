"""The paper's family through the one pipeline, at tiny widths: from foreign weights to a stem."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from foreign_weights import (
    Tiny,
    auffusion_folder,
    image_encoder,
    melqcd_checkpoint,
    predictor_checkpoint,
    tiny,
)
from safetensors.torch import save_file

from engine.bundles.bundle import Bundle
from engine.bundles.importing import import_bundle
from engine.bundles.load import load_bundle
from engine.generate.pipeline import Held
from engine.melqcd.curves import GrowingCurves, curves_of_sound
from engine.melqcd.decompose import to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import AUFFUSION
from engine.service.render import render
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderRequest

BOUNCE = Path(__file__).parents[1] / "media" / "bounce.mp4"
WINDOW_FRAMES = 200  # a window of two seconds is enough to be a window


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def bundles(made: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with "plain", Auffusion alone, and "whole", with all of Mel-QCD and CLIP's eye."""
    source = auffusion_folder(tmp_path_factory.mktemp("auffusion"), made)
    save_file(image_encoder(made), source / "clip.safetensors")
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(home))
        import_bundle(source, "whole", "none")
        (source / "clip.safetensors").unlink()
        import_bundle(source, "plain", "none")
        checkpoint = source / "MelQCD.ckpt"
        torch.save({"state_dict": melqcd_checkpoint(made)}, checkpoint)
        import_bundle(checkpoint, "whole", "none")
        torch.save({"state_dict": predictor_checkpoint(made)}, checkpoint)
        import_bundle(checkpoint, "whole", "none")
    load_bundle.cache_clear()
    return home


@pytest.fixture
def whole(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setenv("CUELOCK_HOME", str(bundles))
    return load_bundle("whole")


@pytest.fixture
def plain(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setenv("CUELOCK_HOME", str(bundles))
    return load_bundle("plain")


def bursts(seconds: float, rate: int = 16_000) -> np.ndarray:
    """Noise that is struck three times a second."""
    at = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(3).normal(size=len(at))
    return (0.2 * noise * np.exp(-12 * (at % (1 / 3)))).astype(np.float32)


def growing(seconds: float) -> GrowingCurves:
    curves = curves_of_sound(torch.from_numpy(bursts(seconds)), AUFFUSION)
    return GrowingCurves([curves], len(curves), AUFFUSION)


def request(bundle: str, tmp_path: Path) -> RenderRequest:
    guide = tmp_path / "guide.wav"
    soundfile.write(guide, bursts(1.0), 16_000)
    return RenderRequest(
        clip=str(BOUNCE), layers=(Layer(name="knock", prompt="wood is hit", seed=1),),
        to=str(tmp_path / "out"), range_out="1s", guide=str(guide), bundle=bundle, steps=2,
    )  # fmt: skip


def test_an_imported_folder_makes_a_stem_of_exactly_the_range(
    plain: Bundle, tmp_path: Path
) -> None:
    sounds: list[np.ndarray] = []
    for name in ("plain", "whole"):
        reply = render(request(name, tmp_path), window_frames=WINDOW_FRAMES).reply
        (stem,) = reply.stems
        sound, rate = soundfile.read(stem.path)
        assert (rate, len(sound), stem.sample_rate) == (48_000, 48_000, 48_000)
        power = np.abs(np.fft.rfft(sound)) ** 2
        assert power[8_500:].sum() < 1e-3 * power.sum()
        sounds.append(sound)
    # The ControlNet of the one hears the guide's spectrum, the other has none.
    assert not np.array_equal(*sounds)


def test_energy_is_the_wanted_one_over_windows_and_beside_what_stays(whole: Bundle) -> None:
    curves = growing(3.0)
    words = whole.guide("wood", "", None)
    held = Held(log_mel(torch.from_numpy(bursts(0.4)), AUFFUSION), torch.empty(256, 0))
    pieces = whole.pipeline.mels(
        curves, words, strictness=1.0, steps=1, seed=5, held=held, window_frames=WINDOW_FRAMES
    )
    mel = torch.cat(list(pieces), dim=1)
    assert mel.shape == (256, 300)
    wanted = torch.from_numpy(curves.curves.energy)
    audible = mel.min(dim=0).values > AUFFUSION.log_floor + 1e-3
    assert audible.sum() > 100
    energy = to_windows(mel, AUFFUSION).mean(dim=0)
    torch.testing.assert_close(energy[audible], wanted[audible], atol=1e-3, rtol=0)


def test_the_curves_reach_the_sound_through_the_controlnet_alone(
    whole: Bundle, plain: Bundle
) -> None:
    def latents(bundle: Bundle, hint: torch.Tensor, scale: float) -> torch.Tensor:
        denoiser = bundle.pipeline.denoiser
        noisy = torch.randn(2, 4, 32, 8, generator=torch.Generator().manual_seed(1))
        scales = torch.full((denoiser.residuals,), scale)
        words = bundle.guide("wood", "", None)
        return denoiser(noisy, torch.tensor([500, 500]), words, hint.expand(2, -1, -1, -1), scales)

    one, other = (whole.pipeline.codec.encode_hint(h) for h in torch.randn(2, 1, 256, 64))
    assert one.shape == (1, 8, 32, 8)
    assert not torch.equal(latents(whole, one, 1.0), latents(whole, other, 1.0))
    assert torch.equal(latents(whole, one, 0.0), latents(whole, other, 0.0))
    assert plain.pipeline.denoiser.residuals == 0
    assert torch.equal(latents(plain, one, 1.0), latents(plain, other, 1.0))


def test_a_bundle_that_lacks_what_sees_says_which_part(
    plain: Bundle, whole: Bundle, tmp_path: Path
) -> None:
    asked = request("plain", tmp_path)
    blind = {
        "predictor": RenderRequest(clip=asked.clip, layers=asked.layers, to=asked.to,
                                   range_out="1s", bundle="plain"),
        "image": RenderRequest(clip=asked.clip, layers=(Layer(name="any", prompt="", seed=1),),
                               to=asked.to, range_out="1s", bundle="plain", guide=asked.guide),
    }  # fmt: skip
    for part, unseen in blind.items():
        with pytest.raises(CuelockError, match=part) as caught:
            render(unseen, window_frames=WINDOW_FRAMES)
        assert caught.value.code == "bundle.unknown_part"
    assert not (tmp_path / "out").exists()


def test_clips_eye_gives_a_point_that_becomes_words(whole: Bundle) -> None:
    pictures = torch.randint(0, 256, (3, 224, 224, 3), dtype=torch.uint8)
    seen = whole.backbone(pictures)
    point = whole.backbone.point(seen)
    torch.testing.assert_close(point, seen.mean(dim=0, keepdim=True))
    without, with_picture = whole.guide("wood", "", None), whole.guide("wood", "", point)
    assert torch.equal(without.tokens[0], with_picture.tokens[0])
    assert not torch.equal(without.tokens[1], with_picture.tokens[1])
