"""Vocoder: log-mel in, 48 kHz sound out, by a ConvNeXt stack and an inverse-STFT head.

Shape of the network: Siuzdak, "Vocos" (2023). What differs: noise channels beside the mel, so
that noise-like sound gets a random phase instead of a buzz; trained with a spectral energy
distance (engine.train.vocoder), which needs that noise and no adversary; and what the network says
is brought nearer to its mel in a few rounds, as Griffin and Lim's phases are (1984): the mel of the
sound is taken, and what it lacks is laid on its spectrum, whose phases stay. Training goes through
these rounds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generate.shapes import VocoderShape
from engine.melqcd.mel import filter_bank, log_mel_of, spectrum
from engine.melqcd.spec import MelSpec

NOISE_CHANNELS = 32
#: Of each round, times what is lacking: overlapping frames pull each other back.
_STRIDES = (2.0, 2.0, 2.0, 2.0, 2.0, 1.6, 1.0)
_MOST = 3.0  # nats that a round adds or takes


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
    shares: Tensor

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
        self.register_buffer("shares", _shares(spec), persistent=False)

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        x = self.stem(torch.cat([mel / 4 + 1.5, noise], dim=1))
        x = self.norm_in(x.transpose(1, 2)).transpose(1, 2)
        x = self.norm_out(self.blocks(x).transpose(1, 2))
        log_magnitude, real, imag = self.head(x).transpose(1, 2).chunk(3, dim=1)
        magnitude = torch.exp(log_magnitude.clamp(max=8.0))
        scale = magnitude / (torch.sqrt(real.square() + imag.square() + 1e-12) + 1e-3)
        weight = 1 / self._joined(self.window.expand(1, mel.shape[-1], -1)).clamp(min=1e-3)
        sound = self._sound(torch.complex(real * scale, imag * scale)) * weight
        for stride in _STRIDES:
            had = spectrum(sound, self.spec)
            sound = self._sound(self._nearer(had, mel, stride)) * weight
        return sound

    def _nearer(self, had: Tensor, mel: Tensor, stride: float) -> Tensor:
        """A sound's spectra with what its mel lacks of the wanted one [B, bands, T] laid on."""
        lacking = stride * (mel - log_mel_of(had, self.spec))
        # Turned, a gain lies in memory as the spectra do, which halves the time.
        gain = torch.exp(lacking.clamp(-_MOST, _MOST)).transpose(1, 2) @ self.shares
        return had * gain.transpose(1, 2)

    def _sound(self, spectra: Tensor) -> Tensor:
        """Inverse STFT [B, T * hop], its blocks windowed and added up."""
        return self._joined(torch.fft.irfft(spectra.transpose(1, 2), self.spec.n_fft))

    def _joined(self, blocks: Tensor) -> Tensor:
        """Blocks [B, T, n_fft] windowed and added up, the i-th centred at (i + 1/2) hops.

        A few shifted additions; torch's fold takes fifteen times as long.
        """
        rows, frames, width = blocks.shape
        hop = self.spec.hop
        hops = -(-width // hop)
        joined = blocks.new_zeros(rows, frames + hops - 1, hop)
        for k in range(hops):
            part = slice(k * hop, (k + 1) * hop)
            window = self.window[part]
            joined[:, k : k + frames, : len(window)].addcmul_(blocks[:, :, part], window)
        edge = (width - hop) // 2
        return joined.flatten(1)[:, edge : edge + frames * hop]


def _shares(spec: MelSpec) -> Tensor:
    """What part a band [bands, bins] has in what is laid on a bin; bins beyond all bands stay."""
    bank = torch.from_numpy(filter_bank(spec)).float()
    peaks = bank / bank.amax(dim=1, keepdim=True)
    return peaks / peaks.sum(dim=0).clamp(min=1e-9)
