"""At every save there is something to look at: what a part makes, beside what is true."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
import torch

from engine.bundles.load import load_bundle
from engine.generate.codec import MelPatchCodec
from engine.generate.networks import Denoiser
from engine.generate.text import TextEncoder
from engine.generate.vocoder import Vocoder
from engine.melqcd.curves import curves_of_mel
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL
from engine.train.families import SmallLearning
from engine.train.generator import made_beside
from engine.train.pictures import curves_beside, mels_beside
from engine.train.sounds import SoundLibrary
from engine.train.vocoder import spoken_beside


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> SoundLibrary:
    """A second of noise, and a second of a tone."""
    folder = tmp_path_factory.mktemp("sounds")
    seconds = np.arange(48_000) / 48_000
    soundfile.write(folder / "rain.wav", np.random.default_rng(0).normal(size=48_000) / 9, 48_000)
    soundfile.write(folder / "bell.wav", np.sin(2 * np.pi * 880 * seconds) / 3, 48_000)
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["path", "caption"], ["rain.wav", "rain falls"], ["bell.wav", "a bell"]]
        )
    return SoundLibrary(folder / "manifest.csv", "train", folder / "cache")


def test_the_real_mel_is_on_top_with_low_bands_at_its_bottom() -> None:
    real = torch.full((128, 40), SMALL.log_floor)
    real[:10] = 2.0  # loud in the lowest bands
    name, image = mels_beside("a", real, torch.full((128, 40), SMALL.log_floor), SMALL)
    assert (name, image.dtype, image.shape) == ("a", np.uint8, (258, 40, 3))
    assert image[118:128].min() > 150
    assert image[:118].max() < 10
    assert (image[128:130] == 255).all()
    assert image[130:].max() < 10


def test_a_generator_is_shown_beside_the_recordings(library: SoundLibrary) -> None:
    bundle = load_bundle("small")
    text, codec, denoiser = bundle.text, bundle.pipeline.codec, bundle.pipeline.denoiser
    assert isinstance(text, TextEncoder)
    assert isinstance(codec, MelPatchCodec)
    assert isinstance(denoiser, Denoiser)
    shown = list(made_beside(library, SmallLearning(text, codec, denoiser), frames=40))
    assert [picture.name for picture in shown] == ["a bell", "rain falls"]
    for picture, sound in zip(shown, library.shown(2), strict=True):
        real = log_mel(torch.from_numpy(sound.samples[: 40 * SMALL.hop]), SMALL)
        alone = mels_beside("", real, real, SMALL).image
        np.testing.assert_array_equal(picture.image[:128], alone[:128])
        # What is made follows the recording's energy: frames are as bright as its own.
        bright = [half.mean(axis=(0, 2)) for half in (picture.image[:128], picture.image[130:])]
        assert np.abs(bright[0] - bright[1]).mean() < 20


def test_a_trained_vocoder_is_near_the_recordings(library: SoundLibrary) -> None:
    vocoder = load_bundle("small").vocoder
    assert isinstance(vocoder, Vocoder)
    for picture in spoken_beside(library, vocoder):
        real, made = picture.image[:128].astype(int), picture.image[130:].astype(int)
        assert np.abs(real - made).mean() < 25


def test_curves_are_drawn_below_each_other(library: SoundLibrary) -> None:
    rain, bell = (
        curves_of_mel(log_mel(torch.from_numpy(library[n].samples), SMALL), SMALL) for n in (0, 1)
    )
    same, other = curves_beside("x", rain, rain), curves_beside("x", rain, bell)
    assert same.image.dtype == np.uint8
    assert same.image.shape[-1] == 3
    half = len(same.image) // 2
    np.testing.assert_array_equal(same.image[: half - 20], other.image[: half - 20])
    assert (same.image[half:] != other.image[half:]).any()
