"""The paper's textual inversion: CLIP's vector of the picture as pseudo-words behind the prompt.

Source: Mel-QCD section 4.4; the released inversion adapter's layout.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.generate.clip import ClipText, Layer
from engine.generate.parts import Words
from engine.generate.shapes import InversionShape
from host_bridge.errors import CuelockError


class ClipInversion(nn.Module):
    """forward(point [B, width]) -> pseudo-words [B, words, width]."""

    def __init__(self, shape: InversionShape) -> None:
        super().__init__()
        self.words = shape.words
        width, wide = shape.width, 4 * shape.width
        self.encoder_layers = nn.ModuleList([Layer(width)])
        self.post_layernorm = nn.LayerNorm(width)
        self.layers = nn.Sequential(
            nn.Linear(width, wide), nn.GELU(), nn.Dropout(0.5),
            nn.Linear(wide, wide), nn.GELU(), nn.Dropout(0.5),
            nn.Linear(wide, shape.words * width),
        )  # fmt: skip

    def forward(self, point: Tensor) -> Tensor:
        x = point[:, None].to(self.post_layernorm.weight)
        for layer in self.encoder_layers:
            x = layer(x)
        return self.layers(self.post_layernorm(x[:, 0])).unflatten(-1, (self.words, -1))


class ConditionAdapter(nn.Module):
    """What some Auffusion weights put behind the text encoder: tokens [B, L, width], as many."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj, self.norm = nn.Linear(width, width), nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(self.proj(tokens.to(self.proj.weight))).float()


class BlindSight(NamedTuple):
    """Stands where a bundle has nothing that looks; says which part it lacks."""

    bundle: str
    part: str
    features: int = 0

    def __call__(self, rgb: Tensor) -> Tensor:
        return torch.zeros(len(rgb), self.features)

    def point(self, appearance: Tensor) -> Tensor:
        raise CuelockError(
            "bundle.unknown_part",
            f"The bundle {self.bundle!r} cannot say what the picture shows: it has no part"
            f" {self.part!r}.",
            hint="Name the sound with --layer, or import a folder with that part.",
        )


class ClipGuide(nn.Module):
    """engine.generate.parts.Guiding over CLIP: what to leave never has pseudo-words."""

    def __init__(
        self, text: ClipText, inversion: ClipInversion | None, adapter: ConditionAdapter | None
    ) -> None:
        super().__init__()
        self.text = text
        self.inversion = inversion
        self.adapter = adapter

    @torch.no_grad()
    def forward(self, prompt: str, negative: str, seen: Tensor | None) -> Words:
        leave = self.text.encode([negative])
        pseudo = None if seen is None or self.inversion is None else self.inversion(seen)
        make = self.text.encode([prompt], pseudo)
        tokens, pooled = (torch.cat(rows) for rows in zip(leave, make, strict=True))
        return Words(tokens if self.adapter is None else self.adapter(tokens), pooled)
