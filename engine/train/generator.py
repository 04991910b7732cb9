"""Train U-Net, ControlNet and inversion adapter of a bundle, or some of them, from sounds.

Each example is a window of recordings of one caption; its own curves are the hint, often with
their codes gone flat: a flat column says how loud, and leaves what sounds to the words. Words are
dropped, replaced by pseudo-words of what is seen, or both, so that guidance, textual inversion and
empty prompts all work from one model. What differs between families is engine.train.families'.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import soxr
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.generate.codec import MelPatchCodec
from engine.generate.networks import Denoiser
from engine.generate.parts import Codec
from engine.generate.shapes import DenoiserShape
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
from engine.melqcd.spec import SMALL, MelSpec
from engine.train.augment import Augmentation, Augmenter
from engine.train.diary import Picture
from engine.train.families import Example, Learning, Schedule, SmallLearning, Stage, of_family
from engine.train.loop import LoopConfig, device, half_where_it_pays, run
from engine.train.paper import PaperLearning
from engine.train.pictures import mels_beside
from engine.train.sounds import SAMPLE_RATE, SoundLibrary
from engine.train.text import load_encoder

SHOWN, STEPS = 4, 8  # recordings in the diary's pictures, solver steps for each


class GeneratorConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="family"
):
    """manifest and cache: the sound library; frames: mel frames of a training window."""

    manifest: str
    cache: str
    frames: int
    loop: LoopConfig
    augment: Augmentation = Augmentation()


class SmallConfig(GeneratorConfig, frozen=True, kw_only=True, tag="small"):
    """text: folder of the text encoder's run, or a bundle's; learns: what is trained."""

    text: str
    learns: tuple[Stage, ...] = ("unet", "control", "inversion")
    shape: DenoiserShape = DenoiserShape()


class PaperConfig(GeneratorConfig, frozen=True, kw_only=True, tag="auffusion"):
    """base: the bundle, imported before, that all begins with; learns: what is trained of it."""

    base: str
    learns: tuple[Stage, ...]


def batches(
    library: SoundLibrary,
    augmenter: Augmenter,
    frames: int,
    size: int,
    rng: np.random.Generator,
    spec: MelSpec = SMALL,
) -> Iterator[Example]:
    """Endless examples; classes are drawn by the square root of their size."""

    def window(number: int) -> np.ndarray:
        sound = augmenter.window(
            lambda samples: _window(library, number, samples, rng),
            frames * SAMPLE_RATE // spec.rate,
            rng,
        )
        return soxr.resample(sound, SAMPLE_RATE, spec.sample_rate)

    kinds = sorted(library.by_kind)
    weight = np.sqrt([len(library.by_kind[kind]) for kind in kinds])
    while True:
        drawn = rng.choice(len(kinds), size, p=weight / weight.sum())
        numbers = [int(rng.choice(library.by_kind[kinds[kind]])) for kind in drawn]
        sound = torch.from_numpy(np.stack([window(number) for number in numbers]))
        yield Example(sound, [library[number].caption for number in numbers], numbers)


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


def hint_of(mel: Tensor, known: Tensor, spec: MelSpec) -> Tensor:
    """Recomposed curves [B, bands, T] of true mels.

    known [B, T] in {0, 1}: frames whose codes are told; the others are flat columns.
    """
    energy, spread, semantic = decompose(to_windows(mel, spec))
    Q = dequantise_semantic(quantise_semantic(semantic)) * known[:, None]
    return from_windows(compose(energy, spread, Q), spec)


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
    """What is denoised: latents [B, C, K, W] clean and noisy, step [B], hint as the codec's.

    weight [B]: what each row's error counts.
    """

    clean: Tensor
    noisy: Tensor
    step: Tensor
    hint: Tensor
    weight: Tensor


@torch.no_grad()
def noised(sound: Tensor, codec: Codec, schedule: Schedule, generator: torch.Generator) -> Noised:
    """Latents of sound [B, samples] at random steps of the noise schedule, with their hints.

    Sound is as long as whole latent columns are; the codec may want silence behind it.
    """
    on, spec = generator.device, codec.spec
    kept, weights = (part.to(on) for part in schedule)
    mel = log_mel(torch.stack([codec.levelled(row) for row in sound]), spec)
    hint = hint_of(mel, told_frames(len(mel), mel.shape[-1], generator), spec)
    columns = mel.shape[-1] // codec.patch_frames
    silence = (codec.filled(columns, columns) - columns) * codec.patch_frames
    mel, hint = (F.pad(part, (0, silence), value=spec.log_floor) for part in (mel, hint))
    clean = codec.encode_mel(mel)
    step = torch.randint(0, len(kept), (len(clean),), generator=generator, device=on)
    alpha = kept[step].view(-1, 1, 1, 1)
    noise = torch.randn(clean.shape, generator=generator, device=on)
    noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
    return Noised(clean, noisy, step, codec.encode_hint(hint), weights[step])


def heeded(rows: int, residuals: int, generator: torch.Generator) -> Tensor:
    """Scales [residuals, rows, 1, 1, 1] of the ControlNet: one row in seven goes without.

    So strictness zero is known ground, and words are listened to.
    """
    free = torch.rand(rows, 1, 1, 1, generator=generator, device=generator.device) < 0.15
    return (~free).float().expand(residuals, *free.shape)


def main(path: Path) -> None:
    """Train by a TOML config until its last step; safe to stop and start again."""
    config: SmallConfig | PaperConfig = of_family(path, SmallConfig | PaperConfig)
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    augmenter = Augmenter(config.augment)
    match config:
        case SmallConfig():
            learning = _small(config, library, augmenter)
        case PaperConfig():
            learning = PaperLearning(config.base, config.learns, library, Path(config.cache))

    def objective(example: Example, generator: torch.Generator) -> dict[str, Tensor]:
        rows = noised(example.sound, learning.codec, learning.schedule, generator)
        words = learning.words(example, generator)
        scales = heeded(len(rows.clean), learning.denoiser.residuals, generator)
        with half_where_it_pays(generator.device):
            made = learning.denoiser(rows.noisy, rows.step, words, rows.hint, scales).float()
        error = (made - rows.clean).square().mean(dim=(1, 2, 3))
        return {"loss": (rows.weight * error).mean(), "error": error.mean()}

    def data(rng: np.random.Generator) -> Iterator[Example]:
        spec = learning.codec.spec
        return batches(library, augmenter, config.frames, config.loop.batch, rng, spec)

    def pictures() -> Iterator[Picture]:
        yield from made_beside(library, learning, config.frames)

    run(learning.learned, objective, data, config.loop, pictures)


def _small(config: SmallConfig, library: SoundLibrary, augmenter: Augmenter) -> SmallLearning:
    text = load_encoder(Path(config.text)).to(device())
    codec = MelPatchCodec(SMALL)
    examples = batches(library, augmenter, config.frames, 256, np.random.default_rng(0))
    mel = log_mel(next(examples).sound, SMALL)
    codec.fit(mel - to_windows(mel, SMALL).mean(1, keepdim=True))
    return SmallLearning(text, codec, Denoiser(config.shape), *config.learns)


def made_beside(library: SoundLibrary, learning: Learning, frames: int) -> Iterator[Picture]:
    """What the generator makes of a few recordings' curves and captions, beside the recordings."""
    pipeline, guide = learning.maker()
    spec, codec = learning.codec.spec, learning.codec
    for sound in library.shown(SHOWN):
        samples = sound.samples[: frames * SAMPLE_RATE // spec.rate]
        recorded = torch.from_numpy(soxr.resample(samples, SAMPLE_RATE, spec.sample_rate))
        real = log_mel(codec.levelled(recorded), spec)
        curves = curves_of_mel(real, spec)
        growing = GrowingCurves([curves], len(curves), spec)
        words = guide(sound.caption, "", None)
        pieces = pipeline.mels(
            growing, words, strictness=1.0, steps=STEPS, seed=0, window_frames=frames
        )
        yield mels_beside(sound.caption, real, torch.cat(list(pieces), dim=-1), spec)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
