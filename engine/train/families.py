"""What a family of bundles brings to the training of its generator; the rest is the same for all.

What a run learns from is in the seams of engine.generate.parts: a codec makes latents and hints of
mels, a denoiser gives clean latents. A family adds its noise schedule and what it is told.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
import torch
from torch import Tensor, nn

from engine.generate.codec import MelPatchCodec
from engine.generate.networks import Denoiser, scheduler
from engine.generate.parts import Codec, Denoising, Guiding, Words
from engine.generate.pipeline import Guide, MelPipeline
from engine.generate.text import TextEncoder

GAMMA = 5.0  # of min-SNR weighting (Hang et al. 2023)
#: Configs that name no family are of the first one.
_FIRST_FAMILY = {"family": "small"}

Stage = Literal["unet", "control", "inversion"]


def of_family(path: Path, kinds: Any) -> Any:
    """A TOML config of one of several families, which its `family` tells apart.

    Raises tomllib.TOMLDecodeError and msgspec.ValidationError.
    """
    return msgspec.convert(_FIRST_FAMILY | tomllib.loads(path.read_text()), kinds)


class Example(NamedTuple):
    """sound [B, samples] at the codec's rate, each row's caption and number in the library."""

    sound: Tensor
    captions: list[str]
    numbers: list[int]


class Schedule(NamedTuple):
    """kept [steps]: share of a latent's power that is left; weights [steps]: what errors count."""

    kept: Tensor
    weights: Tensor


def clean_schedule() -> Schedule:
    """Of networks that predict clean latents: cosine, min-SNR."""
    kept = scheduler().alphas_cumprod
    return Schedule(kept, (kept / (1 - kept) + 1).clamp(max=GAMMA))


class Learning(Protocol):
    """A generator while it learns. learned: what a run trains and keeps."""

    @property
    def codec(self) -> Codec: ...

    @property
    def denoiser(self) -> Denoising: ...

    @property
    def schedule(self) -> Schedule: ...

    @property
    def learned(self) -> nn.Module: ...

    def words(self, example: Example, generator: torch.Generator) -> Words:
        """What the rows are told, with training's dropout."""
        ...

    def maker(self) -> tuple[MelPipeline, Guiding]:
        """The engine's own pipeline with what was learned so far."""
        ...


class SmallLearning:
    """The small family: stages that do not learn stay as the loop's `start` has them."""

    def __init__(
        self, text: TextEncoder, codec: MelPatchCodec, denoiser: Denoiser, *stages: Stage
    ) -> None:
        self.codec = codec
        self.denoiser = denoiser.requires_grad_(False)
        self.schedule = clean_schedule()
        for stage in stages:
            denoiser.get_submodule(stage).requires_grad_(True)
        self.learned = nn.ModuleDict({"denoiser": denoiser, "codec": codec})
        self._text = text

    def words(self, example: Example, generator: torch.Generator) -> Words:
        return conditioning(example.captions, self._text, self.denoiser, generator)

    def maker(self) -> tuple[MelPipeline, Guiding]:
        # The small pipeline is the engine's own, on CPUs.
        text, codec, denoiser = deepcopy((self._text, self.codec, self.denoiser))
        text, codec, denoiser = text.cpu(), codec.cpu(), denoiser.cpu()
        return MelPipeline(denoiser, codec, scheduler()), Guide(text, denoiser.inversion)


def conditioning(
    captions: list[str], text: TextEncoder, denoiser: Denoiser, generator: torch.Generator
) -> Words:
    """Words, pseudo-words and sentence vectors with training's dropout.

    One row in ten has neither, one in four lacks the words, half lack the pseudo-words.
    """
    encoded = text.encode(captions)
    on = generator.device
    chance = torch.rand(len(captions), 3, generator=generator, device=on)
    nothing = chance[:, :1] < 0.1
    spoken, seen = ~nothing & (chance[:, 1:2] >= 0.25), ~nothing & (chance[:, 2:3] >= 0.5)
    jitter = 0.3 * torch.randn(encoded.pooled.shape, generator=generator, device=on)
    point = (encoded.pooled + jitter) * seen
    tokens = torch.cat([encoded.tokens * spoken.unsqueeze(-1), denoiser.inversion(point)], dim=1)
    return Words(tokens, torch.where(seen, point, encoded.pooled * spoken))
