"""Mel to latents and back, exactly: an orthonormal transform of mel patches.

Small bundles need no learned autoencoder. A patch is one Mel-QCD window (16 bands) by 4 frames
(40 ms); its 64 two-dimensional DCT coefficients become the channels of one latent cell, so that
latents lie on the grid that the curves are quantised on. What is encoded is the mel with its
energy curve taken out: energy is the artist's, never the generator's. In the loop the clean
latents are projected onto "no energy of their own", and their windows' means are led to the spread
and to the codes that are wanted. A hint keeps its energy: when and how loud something sounds
tells the generator how it goes on.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.melqcd.curves import Curves
from engine.melqcd.decompose import dequantise_semantic, following, to_windows
from engine.melqcd.spec import MelSpec

PATCH_FRAMES = 4
WHITENING = 0.7
_USUAL_LEVEL = -7.0  # nats: what a hint calls zero
_LEAST_SPREAD = 0.05  # nats, below which a column has no shape to speak of


def _dct(size: int) -> Tensor:
    """Orthonormal DCT-II matrix [size, size]; rows are basis vectors."""
    n = torch.arange(size, dtype=torch.float64)
    basis = torch.cos(math.pi / size * (n + 0.5) * n[:, None]) * math.sqrt(2 / size)
    basis[0] /= math.sqrt(2)
    return basis.float()


class MelPatchCodec(nn.Module):
    """encode [B, bands, T] -> latents [B, channels, K, T / 4]; decode is its inverse.

    What the pipeline asks for (engine.generate.parts.Codec) puts energy aside and on again.
    scale [channels]: what each coefficient is divided by, set from data by `fit`.
    T must be a multiple of PATCH_FRAMES.
    """

    across: Tensor
    along: Tensor
    scale: Tensor

    def __init__(self, spec: MelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.channels = spec.bands_per_window * PATCH_FRAMES
        self.rows = spec.windows
        self.patch_frames = PATCH_FRAMES
        self.register_buffer("across", _dct(spec.bands_per_window), persistent=False)
        self.register_buffer("along", _dct(PATCH_FRAMES), persistent=False)
        self.register_buffer("scale", torch.ones(self.channels))

    def encode(self, mel: Tensor) -> Tensor:
        return self._transform(mel) / self.scale[:, None, None]

    def encode_mel(self, mel: Tensor) -> Tensor:
        energy = to_windows(mel, self.spec).mean(dim=-2, keepdim=True)
        return self.encode(mel - energy)

    def encode_hint(self, hint: Tensor) -> Tensor:
        """Recomposed curves (energy included) as latents, about a usual level."""
        return self.encode(hint - _USUAL_LEVEL)

    def settled(self, clean: Tensor, curves: Curves, strictness: float) -> Tensor:
        clean = without_energy(clean)
        Q = dequantise_semantic(torch.from_numpy(curves.codes))
        D = torch.from_numpy(curves.spread)
        windows = self._windows(clean)
        held = D * following(windows / D.clamp(min=_LEAST_SPREAD), Q)
        # Flat codes say nothing: what the picture leaves open is the words' affair.
        told = strictness * (Q != 0).any(dim=0)
        return self._with_windows(clean, windows + told * (held - windows))

    def _windows(self, clean: Tensor) -> Tensor:
        """Each window's mean over its bands [B, K, T], of latents [B, channels, K, T / 4]."""
        means = clean[:, :PATCH_FRAMES] * self.scale[:PATCH_FRAMES, None, None]
        frames = torch.einsum("bjkt,jq->bktq", means, self.along).flatten(2)
        return frames / math.sqrt(self.spec.bands_per_window)

    def _with_windows(self, clean: Tensor, windows: Tensor) -> Tensor:
        """Latents with these means in their windows, all else as it was."""
        frames = windows.unflatten(2, (-1, PATCH_FRAMES)) * math.sqrt(self.spec.bands_per_window)
        means = torch.einsum("bktq,jq->bjkt", frames, self.along)
        shape = means / self.scale[:PATCH_FRAMES, None, None]
        return torch.cat([shape, clean[:, PATCH_FRAMES:]], dim=1)

    def decode_mel(self, clean: Tensor, energy: Tensor) -> Tensor:
        return self.decode(clean) + energy

    def levelled(self, sound: Tensor) -> Tensor:
        return sound

    def filled(self, columns: int, most: int) -> int:
        return columns

    def decode(self, latents: Tensor) -> Tensor:
        coefficients = (latents * self.scale[:, None, None]).unflatten(1, (-1, PATCH_FRAMES))
        patches = torch.einsum("bijkt,ip,jq->bkptq", coefficients, self.across, self.along)
        return patches.flatten(3, 4).flatten(1, 2)

    def _transform(self, mel: Tensor) -> Tensor:
        patches = mel.unflatten(2, (-1, PATCH_FRAMES)).unflatten(1, (self.spec.windows, -1))
        return torch.einsum("bkptq,ip,jq->bijkt", patches, self.across, self.along).flatten(1, 2)

    def fit(self, mel: Tensor) -> None:
        """Set the scale from example mels [B, bands, T].

        Most of the way to whitening: coarse coefficients stay larger than fine ones, so that
        noise swallows texture before it swallows shape; mean variance becomes one.
        """
        spread = self._transform(mel).square().mean(dim=(0, 2, 3)).sqrt()
        scale = spread**WHITENING
        self.scale.copy_(scale * (spread / scale).square().mean().sqrt())


def without_energy(latents: Tensor) -> Tensor:
    """Project latents [B, channels, K, W] of a MelPatchCodec onto zero energy in every frame.

    The first PATCH_FRAMES channels are each window's mean over bands; their mean over windows is
    the energy.
    """
    shape, texture = latents[:, :PATCH_FRAMES], latents[:, PATCH_FRAMES:]
    return torch.cat([shape - shape.mean(dim=2, keepdim=True), texture], dim=1)
