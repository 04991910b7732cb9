"""Train U-Net, ControlNet and inversion adapter of a small bundle, from sounds alone.

Each example is a window of recordings of one caption; its own curves are the hint, often with
their codes gone flat: a flat column says how loud, and leaves what sounds to the words. Words are
dropped, replaced by pseudo-words of the caption's sentence vector, or both, so that guidance,
textual inversion and empty prompts all work from one model.
"""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.generate.codec import MelPatchCodec
from engine.generate.networks import Denoiser, scheduler
from engine.generate.parts import Words
from engine.generate.pipeline import Guide, MelPipeline
from engine.generate.shapes import DenoiserShape
from engine.generate.text import TextEncoder
from engine.melqcd.curves import GrowingCurves, curves_of_mel
from engine.melqcd.decompose import (
    compose,
    decompose,
    dequantise_semantic,
    from_windows,
    quantise_semantic,
    to_windows,
)
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL
from engine.train.augment import Augmentation, Augmenter
from engine.train.diary import Picture
from engine.train.loop import LoopConfig, device, half_where_it_pays, run
from engine.train.pictures import mels_beside
from engine.train.sounds import SAMPLE_RATE, SoundLibrary
from engine.train.text import load_encoder

SHOWN, STEPS = 4, 8  # recordings in the diary's pictures, solver steps for each
GAMMA = 5.0  # of min-SNR weighting (Hang et al. 2023)


Stage = Literal["unet", "control", "inversion"]


class GeneratorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """text: folder of the text encoder's run; frames: mel frames of a training window.

    learns: what is trained; the rest stays as the loop's `start` has it.
    """

    manifest: str
    cache: str
    text: str
    frames: int
    loop: LoopConfig
    learns: tuple[Stage, ...] = ("unet", "control", "inversion")
    augment: Augmentation = Augmentation()
    shape: DenoiserShape = DenoiserShape()


class Example(NamedTuple):
    """sound [B, samples] at 48 kHz and each row's caption."""

    sound: Tensor
    captions: list[str]


def batches(
    library: SoundLibrary, augmenter: Augmenter, frames: int, size: int, rng: np.random.Generator
) -> Iterator[Example]:
    """Endless examples; classes are drawn by the square root of their size."""

    def window(number: int) -> np.ndarray:
        return augmenter.window(
            lambda samples: _window(library, number, samples, rng), frames * SMALL.hop, rng
        )

    kinds = sorted(library.by_kind)
    weight = np.sqrt([len(library.by_kind[kind]) for kind in kinds])
    while True:
        drawn = rng.choice(len(kinds), size, p=weight / weight.sum())
        numbers = [int(rng.choice(library.by_kind[kinds[kind]])) for kind in drawn]
        sound = torch.from_numpy(np.stack([window(number) for number in numbers]))
        yield Example(sound, [library[number].caption for number in numbers])


def _window(
    library: SoundLibrary, number: int, samples: int, rng: np.random.Generator
) -> np.ndarray:
    """One window: a part of a long clip, or short clips of one caption at random moments."""
    window = np.zeros(samples, np.float32)
    sound = library[number].samples
    if len(sound) >= samples and rng.random() < 0.7:
        start = int(rng.integers(len(sound) - samples + 1))
        window += sound[start : start + samples]
    else:
        siblings = library.siblings(number)
        at = int(rng.uniform(-0.3, 0.6) * min(len(sound), samples))
        while at < samples:
            part = sound[max(0, -at) : samples - at] * np.float32(10 ** (rng.uniform(-12, 0) / 20))
            begin = max(0, at)
            window[begin : begin + len(part)] += part
            if rng.random() < 0.4:
                break
            at += int(len(sound) * rng.uniform(0.6, 1.2) + rng.exponential(0.15) * SAMPLE_RATE)
            sound = library[int(rng.choice(siblings))].samples
    level = 10 ** (rng.uniform(-30, 0) / 20) / max(1.0, float(np.abs(window).max()))
    return window * np.float32(level)


def hint_of(mel: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Energy [B, T] and recomposed curves [B, bands, T] of true mels.

    known [B, T] in {0, 1}: frames whose codes are told; the others are flat columns.
    """
    energy, spread, semantic = decompose(to_windows(mel, SMALL))
    Q = dequantise_semantic(quantise_semantic(semantic)) * known[:, None]
    return energy, from_windows(compose(energy, spread, Q), SMALL)


def told_frames(rows: int, frames: int, generator: torch.Generator) -> Tensor:
    """Which frames' codes are told [rows, frames]: in four rows of ten all, in three none.

    The rest tell some stretches of 0.2 s, as a predictor does that is sure here and there.
    """
    on = generator.device
    stretches = torch.rand(rows, -(-frames // 20), generator=generator, device=on) < 0.5
    some = stretches.repeat_interleave(20, dim=1)[:, :frames].float()
    kind = torch.rand(rows, 1, generator=generator, device=on)
    return torch.where(kind < 0.4, torch.ones_like(some), some * (kind >= 0.7))


class Noised(NamedTuple):
    """What is denoised: latents [B, C, K, W] clean and noisy, step [B], hint [B, C, K, W].

    weight [B]: what each row's error counts.
    """

    clean: Tensor
    noisy: Tensor
    step: Tensor
    hint: Tensor
    weight: Tensor


@torch.no_grad()
def noised(sound: Tensor, codec: MelPatchCodec, generator: torch.Generator) -> Noised:
    """Latents of sound [B, samples] at random steps of the noise schedule, with their hints."""
    on = generator.device
    alphas = scheduler().alphas_cumprod.to(on)
    mel = log_mel(sound, SMALL)
    energy, hint = hint_of(mel, told_frames(len(mel), mel.shape[-1], generator))
    clean = codec.encode(mel - energy[:, None])
    step = torch.randint(0, len(alphas), (len(clean),), generator=generator, device=on)
    alpha = alphas[step].view(-1, 1, 1, 1)
    noise = torch.randn(clean.shape, generator=generator, device=on)
    noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
    weight = (alpha / (1 - alpha) + 1).clamp(max=GAMMA).flatten()
    return Noised(clean, noisy, step, codec.encode_hint(hint), weight)


def heeded(rows: int, residuals: int, generator: torch.Generator) -> Tensor:
    """Scales [residuals, rows, 1, 1, 1] of the ControlNet: one row in seven goes without.

    So strictness zero is known ground, and words are listened to.
    """
    free = torch.rand(rows, 1, 1, 1, generator=generator, device=generator.device) < 0.15
    return (~free).float().expand(residuals, *free.shape)


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


def main(path: Path) -> None:
    """Train by a TOML config until its last step; safe to stop and start again."""
    config = msgspec.convert(tomllib.loads(path.read_text()), GeneratorConfig)
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    text = load_encoder(Path(config.text)).to(device())
    codec = MelPatchCodec(SMALL)
    augmenter = Augmenter(config.augment)
    examples = batches(library, augmenter, config.frames, 256, np.random.default_rng(0))
    mel = log_mel(next(examples).sound, SMALL)
    codec.fit(mel - to_windows(mel, SMALL).mean(1, keepdim=True))
    denoiser = Denoiser(config.shape).requires_grad_(False)
    for stage in config.learns:
        denoiser.get_submodule(stage).requires_grad_(True)
    learned = torch.nn.ModuleDict({"denoiser": denoiser, "codec": codec})

    def objective(example: Example, generator: torch.Generator) -> dict[str, Tensor]:
        rows = noised(example.sound, codec, generator)
        words = conditioning(example.captions, text, denoiser, generator)
        scales = heeded(len(rows.clean), denoiser.residuals, generator)
        with half_where_it_pays(generator.device):
            made = denoiser(rows.noisy, rows.step, words, rows.hint, scales).float()
        error = (made - rows.clean).square().mean(dim=(1, 2, 3))
        return {"loss": (rows.weight * error).mean(), "error": error.mean()}

    def data(rng: np.random.Generator) -> Iterator[Example]:
        return batches(library, augmenter, config.frames, config.loop.batch, rng)

    def pictures() -> Iterator[Picture]:
        yield from made_beside(library, text, denoiser, codec, config.frames)

    run(learned, objective, data, config.loop, pictures)


def made_beside(
    library: SoundLibrary, text: TextEncoder, denoiser: Denoiser, codec: MelPatchCodec, frames: int
) -> Iterator[Picture]:
    """What the generator makes of a few recordings' curves and captions, beside the recordings."""
    # The pipeline is the engine's own, on CPUs.
    denoiser, codec, text = deepcopy(denoiser).cpu(), deepcopy(codec).cpu(), deepcopy(text).cpu()
    pipeline, guide = MelPipeline(denoiser, codec, scheduler()), Guide(text, denoiser.inversion)
    for sound in library.shown(SHOWN):
        real = log_mel(torch.from_numpy(sound.samples[: frames * SMALL.hop]), SMALL)
        curves = curves_of_mel(real, SMALL)
        growing = GrowingCurves([curves], len(curves), SMALL)
        words = guide(sound.caption, "", None)
        made = torch.cat(
            list(pipeline.mels(growing, words, strictness=1.0, steps=STEPS, seed=0)), dim=-1
        )
        yield mels_beside(sound.caption, real, made, SMALL)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
