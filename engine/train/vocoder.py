"""Train the vocoder with a spectral energy distance.

Two samples y1, y2 of the same mel (different noise) against the recording x:

    loss = d(x, y1) + d(x, y2) - d(y1, y2)

With d a distance between multi-resolution log and linear spectra this is a proper scoring rule:
the repulsive term keeps noise noisy where a plain spectral loss would make it buzz.
Source: Gritsenko et al., "A Spectral Energy Distance for Parallel Speech Synthesis" (2020), eq. 4.
The paper's HiFi-GAN has no noise: for it this is a spectral distance and its mel loss, without the
adversary it was first trained with.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import soxr
import torch
from torch import Tensor

from engine.generate.hifigan import HifiGan
from engine.generate.shapes import VocoderShape
from engine.generate.vocoder import Vocoder
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL, MelSpec
from engine.train.diary import Picture
from engine.train.families import of_family
from engine.train.loop import LoopConfig, run
from engine.train.paper import based_on
from engine.train.pictures import mels_beside
from engine.train.sounds import SAMPLE_RATE, SoundLibrary

SHOWN = 4  # recordings in the diary's pictures
RESOLUTIONS = (160, 400, 1024, 2048)  # samples at SAMPLE_RATE
MEL_WEIGHT = 3.0


class VocoderConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="family"
):
    """manifest and cache: the sound library; frames: mel frames of a training window."""

    manifest: str
    cache: str
    loop: LoopConfig
    frames: int = 48


class SmallConfig(VocoderConfig, frozen=True, kw_only=True, tag="small"):
    """shape: of the network."""

    shape: VocoderShape = VocoderShape()


class PaperConfig(VocoderConfig, frozen=True, kw_only=True, tag="auffusion"):
    """base: the bundle, imported before, whose vocoder learns on."""

    base: str


Spectra = list[tuple[Tensor, Tensor]]


def spectra(sound: Tensor, sample_rate: int) -> Spectra:
    """Linear and log magnitudes of sound [B, samples], one pair a resolution."""
    made: Spectra = []
    for resolution in RESOLUTIONS:
        n_fft = resolution * sample_rate // SAMPLE_RATE
        stft = torch.stft(
            sound,
            n_fft,
            n_fft // 4,
            window=torch.hann_window(n_fft, device=sound.device),
            return_complex=True,
        )
        magnitude = torch.sqrt(stft.real.square() + stft.imag.square() + 1e-8) / n_fft**0.5
        made.append((magnitude, torch.log(magnitude + 1e-4)))
    return made


def spectral_distance(a: Spectra, b: Spectra) -> Tensor:
    """Distance per example [B]: relative linear L1 plus framewise log-spectral distance."""
    total = torch.zeros(())
    for (x, log_x), (y, log_y) in zip(a, b, strict=True):
        linear = (x - y).abs().sum(dim=(1, 2)) / (x + y).sum(dim=(1, 2)).clamp(min=1e-2)
        logarithmic = (log_x - log_y).square().mean(dim=1)
        total = total + 2 * linear + (logarithmic + 1e-6).sqrt().mean(dim=1)
    return total / len(RESOLUTIONS)


def energy_distance(x: Tensor, y1: Tensor, y2: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Mean d(x, y) over both samples, and d(y1, y2); loss = 2 x the first - the second."""
    X, Y1, Y2 = (spectra(sound, sample_rate) for sound in (x, y1, y2))
    near = (spectral_distance(X, Y1) + spectral_distance(X, Y2)).mean() / 2
    return near, spectral_distance(Y1, Y2).mean()


def batches(
    library: SoundLibrary, config: VocoderConfig, spec: MelSpec, rng: np.random.Generator
) -> Iterator[Tensor]:
    """Endless windows [batch, frames * hop]: random clip, place and level."""
    samples = config.frames * SAMPLE_RATE // spec.rate
    while True:
        windows = [_window(library, samples, rng) for _ in range(config.loop.batch)]
        heard = [soxr.resample(window, SAMPLE_RATE, spec.sample_rate) for window in windows]
        yield torch.from_numpy(np.stack(heard))


def _window(library: SoundLibrary, samples: int, rng: np.random.Generator) -> np.ndarray:
    sound = library[int(rng.integers(len(library)))].samples
    room = len(sound) - samples
    # Three in ten windows begin before the clip, so that attacks out of silence are learned.
    earliest = -samples // 2 if room <= 0 or rng.random() < 0.3 else 0
    start = int(rng.integers(earliest, max(1, room)))
    window = np.zeros(samples, np.float32)
    part = sound[max(0, start) : start + samples]
    window[max(0, -start) : max(0, -start) + len(part)] = part
    gain = 10 ** (rng.uniform(-36, 0) / 20) * rng.choice([-1, 1])
    return window * np.float32(gain)


def main(path: Path) -> None:
    """Train by a TOML config until its last step; safe to stop and start again."""
    config: SmallConfig | PaperConfig = of_family(path, SmallConfig | PaperConfig)
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    match config:
        case SmallConfig():
            vocoder = Vocoder(SMALL, config.shape)
        case PaperConfig():
            vocoder = based_on(config.base)[1].vocoder.requires_grad_(True).train()
    spec = vocoder.spec

    def objective(sound: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            mel = log_mel(sound, spec)
        shape = (2 * len(mel), vocoder.noise_channels, mel.shape[-1])
        noise = torch.randn(shape, generator=generator, device=generator.device)
        y1, y2 = vocoder(mel.repeat(2, 1, 1), noise).chunk(2)
        near, apart = energy_distance(sound, y1, y2, spec.sample_rate)
        # Whatever sounds, the mel of the recording is known exactly.
        untrue = (log_mel(torch.cat([y1, y2]), spec) - mel.repeat(2, 1, 1)).abs().mean()
        loss = 2 * near - apart + MEL_WEIGHT * untrue
        return {"loss": loss, "near": near, "apart": apart, "mel": untrue}

    def pictures() -> Iterator[Picture]:
        yield from spoken_beside(library, vocoder)

    run(vocoder, objective, lambda rng: batches(library, config, spec, rng), config.loop, pictures)


def spoken_beside(library: SoundLibrary, vocoder: Vocoder | HifiGan) -> Iterator[Picture]:
    """Mels of what the vocoder makes of a few recordings' mels, beside the recordings'."""
    on, spec = next(vocoder.parameters()).device, vocoder.spec
    for sound in library.shown(SHOWN):
        recorded = soxr.resample(sound.samples[: 2 * SAMPLE_RATE], SAMPLE_RATE, spec.sample_rate)
        real = log_mel(torch.from_numpy(recorded), spec)
        noise = torch.randn(
            vocoder.noise_channels, real.shape[-1], generator=torch.Generator().manual_seed(0)
        )
        made = log_mel(vocoder(real[None].to(on), noise[None].to(on))[0], spec)
        yield mels_beside(sound.caption, real, made, spec)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
