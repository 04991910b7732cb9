"""What is seen: EfficientNet-Lite0, its batch norms folded away.

Source: Tan & Le, "EfficientNet" (2019), and the Lite variants of the TPU repository: no squeeze and
excitation, ReLU6, stem and head not scaled. Weights come with the bundle.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 224
RATE = 1  # pictures a second that are looked at
FEATURES = 1280
LABELS = 1000


class Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class Conv(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: what is odd goes to the right and below."""

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        wide = [
            max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in input.shape[:1:-1]
        ]
        pads = [part for both in wide for part in (both // 2, both - both // 2)]
        return super().forward(F.pad(input, pads) if any(pads) else input)


class Block(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow; added to its input where it fits."""

    def __init__(self, width_in: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = width_in * stage.expansion
        self.widen = Conv(width_in, wide, 1) if stage.expansion > 1 else None
        self.filter = Conv(wide, wide, stage.kernel, stride, groups=wide)
        self.narrow = Conv(wide, stage.width, 1)
        self.adds = stride == 1 and width_in == stage.width

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu6(self.widen(x)) if self.widen is not None else x
        h = self.narrow(F.relu6(self.filter(h)))
        return x + h if self.adds else h


class Backbone(nn.Module):
    """forward(rgb uint8 [B, SIDE, SIDE, 3]) -> pooled features [B, FEATURES]."""

    def __init__(self) -> None:
        super().__init__()
        self.features = FEATURES
        self.stem = Conv(3, 32, 3, 2)
        blocks: list[Block] = []
        width = 32
        for stage in STAGES:
            for repeat in range(stage.repeats):
                blocks.append(Block(width, stage, stage.stride if repeat == 0 else 1))
                width = stage.width
        self.blocks = nn.Sequential(*blocks)
        self.head = Conv(width, FEATURES, 1)
        self.classifier = nn.Linear(FEATURES, LABELS)

    def forward(self, rgb: Tensor) -> Tensor:
        x = (rgb.permute(0, 3, 1, 2).float() - 127) / 128
        x = F.relu6(self.stem(x.contiguous(memory_format=torch.channels_last)))
        return F.relu6(self.head(self.blocks(x))).mean(dim=(2, 3))

    @torch.no_grad()
    def logits(self, features: Tensor) -> Tensor:
        """ImageNet logits [B, LABELS] of pooled features."""
        return self.classifier(features)
