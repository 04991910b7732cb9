"""Foreign weights become a bundle of ours, tensor by tensor, or nothing at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from foreign_weights import (
    Tiny,
    Weights,
    auffusion_folder,
    image_encoder,
    melqcd_checkpoint,
    predictor_checkpoint,
    tiny,
)
from safetensors.torch import load_file, save_file

from engine.bundles.foreign import without_weight_norm
from engine.bundles.importing import import_bundle, remove_bundle
from engine.bundles.store import AuffusionManifest, folders, manifest, verified
from host_bridge.errors import CuelockError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def folder(made: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a user may have, in one folder."""
    source = auffusion_folder(tmp_path_factory.mktemp("auffusion"), made)
    torch.save({"state_dict": melqcd_checkpoint(made), "epoch": 3}, source / "MelQCD.ckpt")
    torch.save({"state_dict": predictor_checkpoint(made)}, source / "CodePredictor.ckpt")
    (source / "image_encoder").mkdir()
    save_file(image_encoder(made), source / "image_encoder" / "model.safetensors")
    return source


def parts_of(made: Tiny) -> dict[str, Weights]:
    assert made.denoiser.control is not None
    networks = {
        "unet": made.denoiser.unet, "control": made.denoiser.control,
        "autoencoder": made.autoencoder, "text": made.text, "vocoder": made.vocoder,
        "inversion": made.inversion, "image": made.image, "predictor": made.predictor,
    }  # fmt: skip
    return {part: dict(network.state_dict()) for part, network in networks.items()}


def read_back(name: str) -> dict[str, Weights]:
    place, read = verified(name)
    files = {part: place / one.file for part, one in read.parts.items()}
    return {part: load_file(f) for part, f in files.items() if f.suffix == ".safetensors"}


def test_every_tensor_of_every_network_comes_through(made: Tiny, folder: Path) -> None:
    import_bundle(folder, "mine", "CC-BY-4.0")
    got = read_back("mine")
    wanted = parts_of(made)
    assert set(got) == set(wanted)
    for part, weights in wanted.items():
        assert set(got[part]) == set(weights)
        for name, value in weights.items():
            kept = got[part][name]
            # Folding lengths back in rounds; everything else is as it was, or half as fine.
            torch.testing.assert_close(kept, value.to(kept.dtype), rtol=1e-5, atol=1e-6)
    place, read = manifest("mine")
    assert isinstance(read, AuffusionManifest)
    assert read.licence == "CC-BY-4.0"
    assert read.predictor is not None
    assert read.predictor.energy_offset == pytest.approx(0.702)
    assert "CC-BY-4.0" in (place / "MODEL_CARD.md").read_text()


def test_a_later_import_adds_its_parts_and_keeps_the_others(
    made: Tiny, tmp_path: Path, own_home: Path
) -> None:
    import_bundle(auffusion_folder(tmp_path / "a", made), "mine", "one")
    before = read_back("mine")
    assert set(before) == {"unet", "autoencoder", "text", "vocoder"}
    predictor = tmp_path / "predictor.safetensors"
    save_file(predictor_checkpoint(made), predictor)
    import_bundle(predictor, "mine", "two")
    after = read_back("mine")
    assert set(after) == set(before) | {"predictor"}
    assert all(torch.equal(v, after["unet"][n]) for n, v in before["unet"].items())
    _, read = manifest("mine")
    assert (read.parts["unet"].licence, read.parts["predictor"].licence) == ("one", "two")
    assert [path.name for path in own_home.iterdir()] == ["bundles"]


class Boom:
    """What a pickle may do when it is trusted."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.proof,)


def _with_unknown(folder: Path, made: Tiny) -> None:
    save_file({"surprise.weight": torch.zeros(2)}, folder / "more.safetensors")


def _with_code(folder: Path, made: Tiny) -> None:
    torch.save({"state_dict": Boom(folder / "proof")}, folder / "more.ckpt")


def _without_vocoder(folder: Path, made: Tiny) -> None:
    (folder / "vocoder" / "vocoder.pt").unlink()


def _with_wrong_rates(folder: Path, made: Tiny) -> None:
    config = folder / "vocoder" / "config.json"
    config.write_text(config.read_text().replace("[5, 4, 4, 2]", "[5, 4, 4, 3]"))


def _without_a_tensor(folder: Path, made: Tiny) -> None:
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    weights.pop("mid_block.resnets.0.conv1.weight")
    save_file(weights, file)


def _cut_short(folder: Path, made: Tiny) -> None:
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (_with_unknown, "bundle.format", "surprise.weight"),
        (_with_code, "bundle.format", "more.ckpt"),
        (_without_vocoder, "bundle.unknown_part", "vocoder"),
        (_with_wrong_rates, "bundle.format", "hop"),
        (_without_a_tensor, "bundle.format", "mid_block.resnets.0.conv1.weight"),
        (_cut_short, "bundle.format", "diffusion_pytorch_model"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_left(
    made: Tiny,
    tmp_path: Path,
    own_home: Path,
    change: Callable[[Path, Tiny], None],
    code: str,
    told: str,
) -> None:
    folder = auffusion_folder(tmp_path / "a", made)
    change(folder, made)
    with pytest.raises(CuelockError) as caught:
        import_bundle(folder, "mine", "none")
    assert caught.value.code == code
    assert told in caught.value.message
    assert not list(own_home.rglob("*.safetensors"))
    assert "mine" not in folders()
    assert not (folder / "proof").exists()


def test_weights_are_directions_times_lengths() -> None:
    conv = torch.nn.ConvTranspose1d(6, 4, 5)
    plain = conv.weight.detach().clone()
    with pytest.warns(FutureWarning):
        torch.nn.utils.weight_norm(conv)
    conv.weight_v.data *= 3
    folded = without_weight_norm(dict(conv.state_dict()))
    torch.testing.assert_close(folded["weight"], plain)
    assert set(folded) == {"weight", "bias"}


@pytest.mark.parametrize("name", ["small", "../up", ""])
def test_names_of_shipped_bundles_and_paths_are_refused(folder: Path, name: str) -> None:
    for act in (lambda: import_bundle(folder, name, ""), lambda: remove_bundle(name)):
        with pytest.raises(CuelockError) as caught:
            act()
        assert caught.value.code == "request.option"
