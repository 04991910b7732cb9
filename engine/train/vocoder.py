"""Train the vocoder with a spectral energy distance.

Two samples y1, y2 of the same mel (different noise) against the recording x:

    loss = d(x, y1) + d(x, y2) - d(y1, y2)

With d a distance between multi-resolution log and linear spectra this is a proper scoring rule:
the repulsive term keeps noise noisy where a plain spectral loss would make it buzz.
Source: Gritsenko et al., "A Spectral Energy Distance for Parallel Speech Synthesis" (2020), eq. 4.
"""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.generate.shapes import VocoderShape
from engine.generate.vocoder import NOISE_CHANNELS, Vocoder
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL
from engine.train.diary import Picture
from engine.train.loop import LoopConfig, run
from engine.train.pictures import mels_beside
from engine.train.sounds import SoundLibrary

SHOWN = 4  # recordings in the diary's pictures
RESOLUTIONS = (160, 400, 1024, 2048)
MEL_WEIGHT = 3.0


class VocoderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """manifest and cache: the sound library; frames: mel frames of a training window."""

    manifest: str
    cache: str
    loop: LoopConfig
    shape: VocoderShape = VocoderShape()
    frames: int = 48


Spectra = list[tuple[Tensor, Tensor]]


def spectra(sound: Tensor) -> Spectra:
    """Linear and log magnitudes of sound [B, samples], one pair a resolution."""
    made: Spectra = []
    for n_fft in RESOLUTIONS:
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


def energy_distance(x: Tensor, y1: Tensor, y2: Tensor) -> tuple[Tensor, Tensor]:
    """Mean d(x, y) over both samples, and d(y1, y2); loss = 2 x the first - the second."""
    X, Y1, Y2 = (spectra(sound) for sound in (x, y1, y2))
    near = (spectral_distance(X, Y1) + spectral_distance(X, Y2)).mean() / 2
    return near, spectral_distance(Y1, Y2).mean()


def batches(
    library: SoundLibrary, config: VocoderConfig, rng: np.random.Generator
) -> Iterator[Tensor]:
    """Endless windows [batch, frames * hop]: random clip, place and level."""
    samples = config.frames * SMALL.hop
    while True:
        yield torch.from_numpy(
            np.stack([_window(library, samples, rng) for _ in range(config.loop.batch)])
        )


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
    config = msgspec.convert(tomllib.loads(path.read_text()), VocoderConfig)
    torch.manual_seed(config.loop.seed)
    library = SoundLibrary(Path(config.manifest), "train", Path(config.cache))
    vocoder = Vocoder(SMALL, config.shape)

    def objective(sound: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            mel = log_mel(sound, SMALL)
        shape = (2 * len(mel), NOISE_CHANNELS, mel.shape[-1])
        noise = torch.randn(shape, generator=generator, device=generator.device)
        y1, y2 = vocoder(mel.repeat(2, 1, 1), noise).chunk(2)
        near, apart = energy_distance(sound, y1, y2)
        # Whatever sounds, the mel of the recording is known exactly.
        untrue = (log_mel(torch.cat([y1, y2]), SMALL) - mel.repeat(2, 1, 1)).abs().mean()
        loss = 2 * near - apart + MEL_WEIGHT * untrue
        return {"loss": loss, "near": near, "apart": apart, "mel": untrue}

    def pictures() -> Iterator[Picture]:
        yield from spoken_beside(library, vocoder)

    run(vocoder, objective, lambda rng: batches(library, config, rng), config.loop, pictures)


def spoken_beside(library: SoundLibrary, vocoder: Vocoder) -> Iterator[Picture]:
    """Mels of what the vocoder makes of a few recordings' mels, beside the recordings'."""
    on = next(vocoder.parameters()).device
    for sound in library.shown(SHOWN):
        real = log_mel(torch.from_numpy(sound.samples[: 2 * SMALL.sample_rate]), SMALL)
        noise = torch.randn(
            NOISE_CHANNELS, real.shape[-1], generator=torch.Generator().manual_seed(0)
        )
        made = log_mel(vocoder(real[None].to(on), noise[None].to(on))[0], SMALL)
        yield mels_beside(sound.caption, real, made, SMALL)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
