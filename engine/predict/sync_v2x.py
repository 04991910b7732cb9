"""The paper's V2X: synchronisation features of the picture to energy, spread and codes.

Six pre-norm transformer layers over 100 frames a second, with a bias that knows how far apart two
frames are. Layout and names of the released weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.melqcd.curves import Curves
from engine.melqcd.decompose import CODES
from engine.melqcd.spec import MelSpec
from engine.predict.shapes import SyncV2XShape

FEATURE_RATE = 25  # pictures a second that features are of
TIMES = 4  # curve frames a feature


class DistanceBias(nn.Module):
    """forward(T) -> [heads, T, T]: what attention from i to j gains for i - j (in pictures)."""

    def __init__(self, heads: int, width: int) -> None:
        super().__init__()
        self.net = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(1, width), nn.SiLU()),
                nn.Sequential(nn.Linear(width, width), nn.SiLU()),
                nn.Sequential(nn.Linear(width, width), nn.SiLU()),
                nn.Linear(width, heads),
            ]
        )

    def forward(self, frames: int) -> Tensor:
        device = next(self.parameters()).device
        x = torch.arange(1 - frames, frames, device=device)[:, None] / TIMES
        for layer in self.net:
            x = layer(x)
        at = torch.arange(frames, device=device)
        return x.T[:, at[:, None] - at + frames - 1]


class BiasedAttention(nn.Module):
    """Self-attention [B, T, width] with a bias [heads, T, T] on its logits."""

    def __init__(self, shape: SyncV2XShape) -> None:
        super().__init__()
        inner = shape.heads * shape.head_width
        self.head_width = shape.head_width
        self.to_q = nn.Linear(shape.width, inner, bias=False)
        self.to_kv = nn.Linear(shape.width, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, shape.width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        q, k, v = (
            part.unflatten(-1, (-1, self.head_width)).transpose(1, 2)
            for part in (self.to_q(x), *self.to_kv(x).chunk(2, dim=-1))
        )
        heard = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[None])
        return self.to_out(heard.transpose(1, 2).flatten(2))


class SyncLayer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, shape: SyncV2XShape) -> None:
        super().__init__()
        self.attention = BiasedAttention(shape)
        self.norm1, self.norm2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.feed_forward = nn.Sequential(
            nn.Linear(shape.width, 4 * shape.width), nn.GELU(),
            nn.Linear(4 * shape.width, shape.width),
        )  # fmt: skip

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x), bias)
        return x + self.feed_forward(self.norm2(x))


class SyncV2X(nn.Module):
    """forward(features [B, n, features]) -> codes as logits [B, 4 n, 2, 81], levels [B, 4 n, 2].

    levels: energy and spread in the scale of the mel image, 0 to 1.
    """

    def __init__(self, shape: SyncV2XShape) -> None:
        super().__init__()
        self.shape = shape
        half = shape.width // 2
        self.proj_in = nn.Linear(shape.features, shape.width)
        self.rel_pos_bias = DistanceBias(shape.heads, half)
        self.layers_en = nn.ModuleList(SyncLayer(shape) for _ in range(shape.layers))
        self.layer_norm_en = nn.LayerNorm(shape.width)
        self.proj_out = nn.ModuleList(nn.Linear(shape.width, CODES) for _ in range(2))
        self.proj_ms = nn.Sequential(
            nn.Linear(shape.width, half), nn.ReLU(),
            nn.Linear(half, half // 2), nn.ReLU(),
            nn.Linear(half // 2, 2),
        )  # fmt: skip

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        fine = F.interpolate(
            features.transpose(1, 2), scale_factor=float(TIMES), mode="linear", align_corners=False
        )
        x = self.proj_in(fine.transpose(1, 2))
        bias = self.rel_pos_bias(x.shape[1])
        for layer in self.layers_en:
            x = layer(x, bias)
        x = self.layer_norm_en(x)
        return torch.stack([head(x) for head in self.proj_out], dim=2), self.proj_ms(x)

    @torch.no_grad()
    def curves(self, features: Tensor, spec: MelSpec) -> Curves:
        """Curves of a range from its features [n, features]; the likeliest codes."""
        codes, levels = (part[0].cpu() for part in self(features[None].to(self.proj_in.weight)))
        energy, spread = levels.float().unbind(dim=-1)
        range_ = self.shape.high - self.shape.low
        nats = energy.clamp(0, 1) * range_ + self.shape.low + self.shape.energy_offset
        return Curves(
            energy=nats.clamp(min=spec.log_floor).numpy(),
            spread=(spread.clamp(min=0) * range_).numpy(),
            codes=codes.argmax(dim=-1).numpy().astype("uint8"),
            spec=spec,
        )
