"""Foreign weights at tiny widths, under the names they were released with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.bundles.ldm_names import autoencoder_names, control_names, unet_names
from engine.generate.clip import ClipImage, ClipText, clip_tokenizer
from engine.generate.clip_inversion import ClipInversion
from engine.generate.hifigan import HifiGan
from engine.generate.image_codec import autoencoder
from engine.generate.latent_denoiser import LatentDenoiser
from engine.generate.shapes import (
    AutoencoderShape,
    ClipImageShape,
    ClipTextShape,
    HifiGanShape,
    InversionShape,
    LatentDenoiserShape,
)
from engine.melqcd.spec import AUFFUSION
from engine.predict.shapes import SyncV2XShape
from engine.predict.sync_v2x import SyncV2X

MEDIA = Path(__file__).parent / "media"
# Widths change where the released ones do, so that the names are the very same.
DENOISER = LatentDenoiserShape(widths=(32, 64, 96, 96), words=64, hint=(4, 4, 8, 8, 16))
AUTOENCODER = AutoencoderShape(widths=(32, 64, 96, 96))
TEXT = ClipTextShape(vocabulary=514, width=64, layers=2)
IMAGE = ClipImageShape(width=64, layers=1, patch=56, point=64)
INVERSION = InversionShape(width=64, words=32)
VOCODER = HifiGanShape(
    upsample_rates=(5, 4, 4, 2),
    upsample_kernel_sizes=(16, 8, 8, 4),
    upsample_initial_channel=32,
    resblock_kernel_sizes=(3, 7),
    resblock_dilation_sizes=((1, 3), (1, 3)),
)
PREDICTOR = SyncV2XShape(features=48, width=32, heads=8, head_width=4)

Weights = dict[str, Tensor]


class Tiny(NamedTuple):
    """Random networks of the family."""

    denoiser: LatentDenoiser
    autoencoder: nn.Module
    text: ClipText
    vocoder: HifiGan
    inversion: ClipInversion
    image: ClipImage
    predictor: SyncV2X


def tiny(folder: Path) -> Tiny:
    """Networks drawn anew; a tokenizer of single bytes is written to the folder."""
    torch.manual_seed(7)
    vocabulary, merges = tokenizer_files(folder)
    made = Tiny(
        denoiser=LatentDenoiser(DENOISER),
        autoencoder=autoencoder(AUTOENCODER),
        text=ClipText(TEXT, clip_tokenizer(vocabulary, merges)),
        vocoder=HifiGan(AUFFUSION, VOCODER),
        inversion=ClipInversion(INVERSION),
        image=ClipImage(IMAGE),
        predictor=SyncV2X(PREDICTOR),
    )
    # Fresh convolutions of zeros say nothing; learned ones do.
    for parameter in made.denoiser.parameters():
        if parameter.abs().max() == 0:
            nn.init.normal_(parameter, std=0.1)
    # A random vocoder must sound, not press.
    nn.init.zeros_(made.vocoder.conv_post.bias)
    return made


def tokenizer_files(folder: Path) -> tuple[Path, Path]:
    """CLIP's files with its 256 bytes, alone and at a word's end, and no merges."""
    from tokenizers.pre_tokenizers import ByteLevel

    signs = sorted(ByteLevel.alphabet())
    words = [*signs, *(f"{sign}</w>" for sign in signs), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({word: number for number, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    return vocabulary, merges


def released_shapes() -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of Mel-QCD's checkpoints, from its class definitions."""
    lines = (MEDIA / "melqcd-names.txt").read_text().splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {name: tuple(map(int, shape.split(","))) for name, shape in pairs}


def auffusion_folder(folder: Path, made: Tiny) -> Path:
    """The layout that diffusers writes, as Auffusion was released."""
    _saved(made.denoiser.unet.state_dict(), folder / "unet", "diffusion_pytorch_model")
    (folder / "unet" / "config.json").write_text(json.dumps({"attention_head_dim": 8}))
    _saved(made.autoencoder.state_dict(), folder / "vae", "diffusion_pytorch_model")
    (folder / "vae" / "config.json").write_text(json.dumps({"scaling_factor": 0.18215}))
    _saved(clip_names(made.text, "text_model."), folder / "text_encoder_0", "model")
    tokenizer_files(folder / "tokenizer_0")
    vocoder = folder / "vocoder"
    vocoder.mkdir()
    torch.save({"generator": with_weight_norm(made.vocoder)}, vocoder / "vocoder.pt")
    config = {name: getattr(VOCODER, name) for name in VOCODER.__struct_fields__}
    (vocoder / "config.json").write_text(json.dumps({"num_mels": 256, "resblock": "1", **config}))
    (folder / "scheduler").mkdir()
    (folder / "model_index.json").write_text("{}")
    return folder


def melqcd_checkpoint(made: Tiny) -> Weights:
    """MelQCD.ckpt: original latent-diffusion naming, with what nobody needs."""
    names = released_shapes()
    unet, control = made.denoiser.unet, made.denoiser.control
    assert control is not None
    text = clip_names(made.text, "transformer.text_model.")
    weights = {f"cond_stage_model.{name}": value for name, value in text.items()}
    weights |= {f"inversion_adapter.{name}": value for name, value in text.items()}
    for name, value in made.inversion.state_dict().items():
        weights[f"inversion_adapter.inversion_adapter.{name}"] = value
    for prefix, ours, network in (
        ("model.diffusion_model.", unet_names, unet),
        ("control_model.", control_names, control),
        ("first_stage_model.", autoencoder_names, made.autoencoder),
    ):
        state = network.state_dict()
        theirs = {n.removeprefix(prefix): s for n, s in names.items() if n.startswith(prefix)}
        for old, new in ours(theirs).items():
            value = state[new]
            weights[prefix + old] = value.view(*value.shape, *theirs[old][value.ndim :])
    weights["betas"] = torch.zeros(1000)
    weights["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(77)
    return weights


def predictor_checkpoint(made: Tiny) -> Weights:
    """CodePredictor.ckpt's state dict."""
    return {f"model.{name}": value for name, value in made.predictor.state_dict().items()}


def image_encoder(made: Tiny) -> Weights:
    """CLIP's image tower as `transformers` names it."""
    return {
        name.removeprefix("vision_model.") if "projection" in name else name: value
        for name, value in clip_names(made.image, "vision_model.").items()
    }


def clip_names(network: nn.Module, prefix: str) -> Weights:
    """Our names of a CLIP tower as `transformers` says them."""

    def theirs(name: str) -> str:
        if name.startswith("layers."):
            return f"encoder.{name}"
        return f"embeddings.{name}" if "embedding" in name else name

    return {prefix + theirs(name): value for name, value in network.state_dict().items()}


def with_weight_norm(network: nn.Module) -> Weights:
    """Weights as directions of any length, and lengths."""
    split: Weights = {}
    for name, value in network.state_dict().items():
        if name.endswith(".weight"):
            length = value.flatten(1).norm(dim=1).view(-1, *[1] * (value.ndim - 1))
            split[f"{name}_v"], split[f"{name}_g"] = 3 * value, length
        else:
            split[name] = value
    return split


def _saved(weights: Weights, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.contiguous() for key, value in weights.items()}
    save_file(tensors, folder / f"{name}.safetensors")
