"""Train the paper's autoencoder on: mel images through few latents and back.

The paper keeps it frozen, and so does every other stage here; who trains it on trains U-Net and
ControlNet after it. Loss: L1 of the image and a little of the distance to a unit normal; without
the perceptual loss and the adversary that it was first trained with.
Source: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022).
"""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.generate.image_codec import MelImageCodec
from engine.melqcd.mel import log_mel
from engine.train.augment import Augmentation, Augmenter
from engine.train.families import Example
from engine.train.generator import batches
from engine.train.loop import LoopConfig, half_where_it_pays, run
from engine.train.paper import based_on
from engine.train.sounds import SoundLibrary

NORMAL_WEIGHT = 1e-6


class AutoencoderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """base: the bundle, imported before, whose autoencoder learns on; frames: of a window."""

    manifest: str
    cache: str
    base: str
    frames: int
    loop: LoopConfig


def main(path: Path) -> None:
    """Train by a TOML config until its last step; safe to stop and start again."""
    config = msgspec.convert(tomllib.loads(path.read_text()), AutoencoderConfig)
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    codec = based_on(config.base)[1].codec
    codec.vae.requires_grad_(True).train()

    def objective(example: Example, generator: torch.Generator) -> dict[str, Tensor]:
        levelled = torch.stack([codec.levelled(row) for row in example.sound])
        image = codec.image(log_mel(levelled, codec.spec)).clamp(-1, 1)
        with half_where_it_pays(generator.device):
            made, mean, log_variance = through(codec, image, generator)
        wrong = F.l1_loss(made.float(), image)
        normal = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        return {"loss": wrong + NORMAL_WEIGHT * normal, "image": wrong, "normal": normal}

    def data(rng: np.random.Generator) -> Iterator[Example]:
        as_recorded = Augmenter(Augmentation())
        return batches(library, as_recorded, config.frames, config.loop.batch, rng, codec.spec)

    run(codec.vae, objective, data, config.loop)


def through(
    codec: MelImageCodec, image: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """An image [B, 3, H, W] by way of drawn latents, and their mean and log variance."""
    mean, log_variance = codec.vae.quant_conv(codec.vae.encoder(image)).float().chunk(2, dim=1)
    log_variance = log_variance.clamp(-30, 20)
    noise = torch.randn(mean.shape, generator=generator, device=generator.device)
    latents = mean + (log_variance / 2).exp() * noise
    return codec.vae.decoder(codec.vae.post_quant_conv(latents)), mean, log_variance


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
