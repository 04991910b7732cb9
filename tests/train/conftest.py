"""A small library of sounds for everything that is made."""

import csv

import numpy as np
import pytest
import soundfile

from engine.train.made_picture import BURSTS, CALLS, FALLS, RUNS, STEPS, STRIKES, SWINGS
from engine.train.physics import kinds
from engine.train.sounding import BEDS
from engine.train.sounds import SAMPLE_RATE, SoundLibrary

STEADY = {*RUNS, *BEDS, *kinds.SLIDES, *kinds.ROLLS, *kinds.TURNS, *kinds.CREAKS}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> SoundLibrary:
    """A decaying burst after 50 ms for every class of events, noise for beds and what goes on."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    burst = np.zeros(SAMPLE_RATE // 2)
    burst[2400:] = rng.normal(size=21_600) * np.exp(-np.arange(21_600) / 2000) * 0.3
    noise = rng.normal(size=2 * SAMPLE_RATE) * 0.1
    drawn = {*STRIKES, *FALLS, *STEPS, *SWINGS, *BURSTS, *CALLS}
    loose, driven = {*kinds.BOUNCY, *kinds.SOLID}, {*kinds.STRUCK, *kinds.TAPPED, *kinds.SHUT}
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "class", "caption", "group", "split"])
        for kind in sorted(drawn | loose | driven | {*kinds.STEPS} | STEADY):
            sound = noise if kind in STEADY else burst
            soundfile.write(folder / f"{kind}.wav", sound, SAMPLE_RATE)
            writer.writerow([f"{kind}.wav", kind, f"the sound of {kind}", kind, "train"])
    return SoundLibrary(folder / "manifest.csv", "train", folder / "cache")
