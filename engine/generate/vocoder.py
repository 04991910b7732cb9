"""Vocoder: log-mel in, 48 kHz sound out, by a ConvNeXt stack and an inverse-STFT head.

Shape of the network: Siuzdak, "Vocos" (2023). What differs: noise channels beside the mel, so
that noise-like sound gets a random phase instead of a buzz; trained with a spectral energy
distance (engine.train.vocoder), which needs that noise and no adversary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generate.shapes import VocoderShape
from engine.melqcd.spec import MelSpec

NOISE_CHANNELS = 32


class Block(nn.Module):
    """ConvNeXt block over time: depthwise 7, layer norm, 1 -> 3 -> 1 pointwise, scaled residual."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 3 * width)
        self.narrow = nn.Linear(3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 1 / depth))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.depthwise(x).transpose(1, 2))
        h = self.narrow(F.gelu(self.widen(h)))
        return x + (self.scale * h).transpose(1, 2)


class Vocoder(nn.Module):
    """forward(mel [B, bands, T], noise [B, NOISE_CHANNELS, T]) -> sound [B, T * hop]."""

    window: Tensor

    def __init__(self, spec: MelSpec, shape: VocoderShape) -> None:
        super().__init__()
        self.spec = spec
        self.noise_channels = NOISE_CHANNELS
        width, depth = shape.width, shape.depth
        bins = spec.n_fft // 2 + 1
        self.stem = nn.Conv1d(spec.bands + NOISE_CHANNELS, width, 7, padding=3)
        self.norm_in = nn.LayerNorm(width)
        self.blocks = nn.Sequential(*(Block(width, depth) for _ in range(depth)))
        self.norm_out = nn.LayerNorm(width)
        self.head = nn.Linear(width, 3 * bins)
        self.register_buffer("window", torch.hann_window(spec.n_fft), persistent=False)

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        x = self.stem(torch.cat([mel / 4 + 1.5, noise], dim=1))
        x = self.norm_in(x.transpose(1, 2)).transpose(1, 2)
        x = self.norm_out(self.blocks(x).transpose(1, 2))
        log_magnitude, real, imag = self.head(x).transpose(1, 2).chunk(3, dim=1)
        magnitude = torch.exp(log_magnitude.clamp(max=8.0))
        direction = torch.complex(real, imag)
        return self._overlap_add(magnitude * direction / (direction.abs() + 1e-3))

    def _overlap_add(self, spectrum: Tensor) -> Tensor:
        """Inverse STFT with frame i centred at (i + 1/2) hops, as log_mel frames sound."""
        n_fft, hop = self.spec.n_fft, self.spec.hop
        window = self.window
        blocks = torch.fft.irfft(spectrum, n_fft, dim=1) * window[:, None]
        frames = blocks.shape[-1]
        length = (frames - 1) * hop + n_fft
        envelope = window.square()[:, None].expand(-1, frames)
        joined, weight = (
            F.fold(part, (1, length), (1, n_fft), stride=(1, hop))[:, 0, 0]
            for part in (blocks, envelope[None])
        )
        edge = (n_fft - hop) // 2
        return (joined / weight.clamp(min=1e-3))[:, edge : edge + frames * hop]
