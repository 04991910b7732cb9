"""Mel as an image, image to latents and back: Auffusion's KL autoencoder.

A log-mel becomes grey of 0 to 1, its highest band the top row, three equal channels of -1 to 1. The
ControlNet's hint goes through the same frozen encoder, before quant_conv: 8 channels, unscaled.
Source: Mel-QCD equation 8; the image scaling of the code it was released with.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.generate.shapes import AutoencoderShape
from engine.melqcd.curves import Curves
from engine.melqcd.decompose import to_windows
from engine.melqcd.spec import MelSpec

_GROUPS = 32
_HALVINGS = 3  # of the U-Net over time: windows are filled up to a whole number of its cells


class MelImageCodec(nn.Module):
    """engine.generate.parts.Codec over an autoencoder that halves the image on every level but one.

    Windows are filled up to what was learned: 1000 frames of curves stand in an image of 1024.
    """

    def __init__(self, spec: MelSpec, shape: AutoencoderShape) -> None:
        super().__init__()
        self.spec = spec
        self.shape = shape
        self.channels = shape.channels
        self.patch_frames = 2 ** (len(shape.widths) - 1)
        self.rows = spec.bands // self.patch_frames
        self.vae = autoencoder(shape)

    @torch.no_grad()
    def encode_mel(self, mel: Tensor) -> Tensor:
        moments = self.vae.quant_conv(self.vae.encoder(self.image(mel).clamp(-1, 1)))
        return moments[:, : self.channels].float() * self.shape.scale

    @torch.no_grad()
    def encode_hint(self, hint: Tensor) -> Tensor:
        return self.vae.encoder(self.image(hint)).float()

    def settled(self, clean: Tensor, curves: Curves, strictness: float) -> Tensor:
        return clean

    @torch.no_grad()
    def decode_mel(self, clean: Tensor, energy: Tensor) -> Tensor:
        latents = (clean / self.shape.scale).to(self.vae.post_quant_conv.weight)
        image = self.vae.decoder(self.vae.post_quant_conv(latents))[:, 0].float().cpu()
        grey = ((image + 1) / 2).clamp(0, 1).flip(-2)
        mel = grey * (self.shape.high - self.shape.low) + self.shape.low
        return mel + energy - to_windows(mel, self.spec).mean(dim=-2, keepdim=True)

    def levelled(self, sound: Tensor) -> Tensor:
        return sound * (self.shape.peak / sound.abs().max().clamp(min=1e-5))

    def filled(self, columns: int, most: int) -> int:
        cell = 2**_HALVINGS
        return -(-most // cell) * cell

    def image(self, mel: Tensor) -> Tensor:
        """Images [B, 3, bands, T] of log-mels [B, bands, T]."""
        grey = (mel - self.shape.low) / (self.shape.high - self.shape.low)
        image = (2 * grey - 1).flip(-2)[:, None].expand(-1, 3, -1, -1)
        return image.to(self.vae.quant_conv.weight)


def autoencoder(shape: AutoencoderShape) -> Any:
    """diffusers' AutoencoderKL of this shape, whose types know of one level alone."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    levels = len(shape.widths)
    sizes: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "block_out_channels": shape.widths,
        "layers_per_block": shape.layers,
        "latent_channels": shape.channels,
        "norm_num_groups": _GROUPS,
    }
    return AutoencoderKL(**sizes)
