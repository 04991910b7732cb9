"""Textual inversion: what the picture shows, as pseudo-words behind the prompt.

The picture's backbone names what it sees; the mean of those names' sentence vectors, weighted by
their probabilities, is a point in the text encoder's space (Norouzi et al., ConSE, 2013). The
adapter turns that point into PSEUDO_WORDS tokens (Mel-QCD section 4.4). Training needs no
picture: captions give such points.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.generate.text import TEXT_WIDTH
from engine.picture.appearance import Backbone

PSEUDO_WORDS = 4


class InversionAdapter(nn.Module):
    """forward(pooled [B, TEXT_WIDTH]) -> pseudo-words [B, PSEUDO_WORDS, TEXT_WIDTH].

    A row of zeros ("nothing seen") gives zeros.
    """

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(TEXT_WIDTH, 256), nn.GELU(), nn.Linear(256, PSEUDO_WORDS * TEXT_WIDTH)
        )

    def forward(self, pooled: Tensor) -> Tensor:
        seen = pooled.abs().amax(dim=-1, keepdim=True) > 0
        words = self.net(pooled).unflatten(-1, (PSEUDO_WORDS, TEXT_WIDTH))
        return words * seen.unsqueeze(-1)


class NamingSight:
    """The picture's backbone with the names [labels, TEXT_WIDTH] of what it knows."""

    def __init__(self, backbone: Backbone, names: Tensor) -> None:
        self.features = backbone.features
        self._backbone = backbone
        self._names = names

    def __call__(self, rgb: Tensor) -> Tensor:
        return self._backbone(rgb)

    def point(self, appearance: Tensor) -> Tensor:
        return seen_in_picture(self._backbone.logits(appearance), self._names)


def seen_in_picture(logits: Tensor, names: Tensor) -> Tensor:
    """Mean of name vectors by probability.

    logits [frames, labels] of the backbone over a range; names [labels, TEXT_WIDTH].
    Returns [1, TEXT_WIDTH] of the text encoder's length.
    """
    probability = torch.softmax(logits, dim=-1).mean(dim=0)
    top, at = probability.topk(10)
    mean = (top[:, None] * names[at]).sum(dim=0, keepdim=True)
    return nn.functional.normalize(mean, dim=-1) * TEXT_WIDTH**0.5
