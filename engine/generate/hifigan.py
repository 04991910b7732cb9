"""HiFi-GAN's generator (Kong et al. 2020): log-mel in, sound out, by transposed convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generate.shapes import HifiGanShape
from engine.melqcd.spec import MelSpec

_SLOPE = 0.1
_LAST_SLOPE = 0.01  # before the last convolution the original has torch's default


class ResBlock(nn.Module):
    """Pairs of convolutions over time, the first of each pair dilated; each pair added."""

    def __init__(self, width: int, kernel: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding="same", dilation=dilation)
            for dilation in dilations
        )
        self.convs2 = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding="same") for _ in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            h = dilated(F.leaky_relu(x, _SLOPE))
            x = x + plain(F.leaky_relu(h, _SLOPE))
        return x


class HifiGan(nn.Module):
    """forward(mel [B, bands, T], noise, which it needs none of) -> sound [B, T * hop].

    Raises ValueError when the rates do not make up the mel's hop.
    """

    def __init__(self, spec: MelSpec, shape: HifiGanShape) -> None:
        super().__init__()
        if math.prod(shape.upsample_rates) != spec.hop:
            raise ValueError(f"rates {shape.upsample_rates} do not make a hop of {spec.hop}")
        self.spec = spec
        self.noise_channels = 0
        width = shape.upsample_initial_channel
        self.conv_pre = nn.Conv1d(spec.bands, width, 7, padding=3)
        ups: list[nn.Module] = []
        blocks: list[nn.Module] = []
        for rate, kernel in zip(shape.upsample_rates, shape.upsample_kernel_sizes, strict=True):
            ups.append(nn.ConvTranspose1d(width, width // 2, kernel, rate, (kernel - rate) // 2))
            width //= 2
            blocks += [
                ResBlock(width, size, dilations)
                for size, dilations in zip(
                    shape.resblock_kernel_sizes, shape.resblock_dilation_sizes, strict=True
                )
            ]
        self.ups, self.resblocks = nn.ModuleList(ups), nn.ModuleList(blocks)
        self.conv_post = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        x = self.conv_pre(mel.to(self.conv_pre.weight))
        together = len(self.resblocks) // len(self.ups)
        for number, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, _SLOPE))
            blocks = self.resblocks[number * together : (number + 1) * together]
            x = torch.stack([block(x) for block in blocks]).mean(dim=0)
        sound = torch.tanh(self.conv_post(F.leaky_relu(x, _LAST_SLOPE)))
        # A kernel that is odd beyond its rate gives one sample more.
        return sound[:, 0, : mel.shape[-1] * self.spec.hop].to(mel)
