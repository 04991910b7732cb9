"""The paper's networks, without memory: as large as published, every name has its place."""

from collections.abc import Callable, Collection

import pytest
import torch
from foreign_weights import released_shapes, tokenizer_files
from torch import nn

from engine.bundles.ldm_names import autoencoder_names, control_names, unet_names
from engine.generate.clip import ClipImage, ClipText, clip_tokenizer
from engine.generate.clip_inversion import ClipInversion
from engine.generate.image_codec import autoencoder
from engine.generate.latent_denoiser import LatentDenoiser
from engine.generate.shapes import (
    AutoencoderShape,
    ClipImageShape,
    ClipTextShape,
    InversionShape,
    LatentDenoiserShape,
)
from engine.predict.shapes import SyncV2XShape
from engine.predict.sync_v2x import SyncV2X

Names = Callable[[Collection[str]], dict[str, str]]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nn.Module]:
    tokenizer = clip_tokenizer(*tokenizer_files(tmp_path_factory.mktemp("tokenizer")))
    with torch.device("meta"):
        denoiser = LatentDenoiser(LatentDenoiserShape())
        assert denoiser.control is not None
        return {
            "unet": denoiser.unet,
            "control": denoiser.control,
            "autoencoder": autoencoder(AutoencoderShape()),
            "inversion": ClipInversion(InversionShape()),
            "text": ClipText(ClipTextShape(), tokenizer),
            "image": ClipImage(ClipImageShape()),
            "predictor": SyncV2X(SyncV2XShape()),
        }


@pytest.mark.parametrize(
    ("part", "parameters"),
    [
        ("unet", 859_520_964),
        ("control", 361_323_568),
        ("autoencoder", 83_653_863),
        ("inversion", 94_414_080),
        ("image", 303_966_208),
        ("text", 123_060_480),
        ("predictor", 19_681_580),
    ],
)
def test_networks_have_the_published_number_of_parameters(
    networks: dict[str, nn.Module], part: str, parameters: int
) -> None:
    assert sum(parameter.numel() for parameter in networks[part].parameters()) == parameters


@pytest.mark.parametrize(
    ("part", "prefix", "ours"),
    [
        ("unet", "model.diffusion_model.", unet_names),
        ("control", "control_model.", control_names),
        ("autoencoder", "first_stage_model.", autoencoder_names),
        ("predictor", "model.", lambda names: {name: name for name in names}),
    ],
)
def test_every_released_tensor_has_exactly_one_place_of_its_shape(
    networks: dict[str, nn.Module], part: str, prefix: str, ours: Names
) -> None:
    theirs = {
        name.removeprefix(prefix): shape
        for name, shape in released_shapes().items()
        if name.startswith(prefix) and (prefix != "model." or "diffusion_model" not in name)
    }
    names = ours(theirs)
    assert set(names) == set(theirs)
    places = {name: tuple(value.shape) for name, value in networks[part].state_dict().items()}
    assert len(set(names.values())) == len(theirs)
    # A convolution of one pixel is a matrix.
    wanted = {
        names[name]: shape[:2] if len(places.get(names[name], ())) == 2 else shape
        for name, shape in theirs.items()
    }
    assert wanted == places


def test_a_name_without_a_place_is_refused() -> None:
    with pytest.raises(KeyError, match="lora"):
        unet_names(["time_embed.0.weight", "lora.weight"])


def test_names_are_those_that_diffusers_own_converter_gives(
    networks: dict[str, nn.Module],
) -> None:
    from diffusers.loaders.single_file_utils import (
        convert_ldm_unet_checkpoint,
        convert_ldm_vae_checkpoint,
    )

    shapes = released_shapes()
    tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    for part, prefix, ours, converter in (
        ("unet", "model.diffusion_model.", unet_names, convert_ldm_unet_checkpoint),
        ("autoencoder", "first_stage_model.", autoencoder_names, convert_ldm_vae_checkpoint),
    ):
        # Each tensor is told apart by a label of its own that the converter carries along.
        labelled = {name: value for name, value in tensors.items() if name.startswith(prefix)}
        for name, value in labelled.items():
            value.label = name  # pyright: ignore[reportAttributeAccessIssue]
        config = dict(networks[part].config)  # pyright: ignore[reportArgumentType]
        theirs = converter(dict(labelled), config)
        names = ours([name.removeprefix(prefix) for name in labelled])
        assert set(theirs) == set(names.values())
        told = {new: value.label for new, value in theirs.items() if hasattr(value, "label")}
        # Eight matrices of the autoencoder are new tensors there.
        assert len(told) >= len(names) - 8
        assert all(names[old.removeprefix(prefix)] == new for new, old in told.items())
