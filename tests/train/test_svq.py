"""Statistics of curves are those of the sounds."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.cli.app import main
from engine.melqcd.curves import curves_of_sound
from engine.melqcd.spec import SMALL
from engine.train.svq import statistics


def test_a_steady_tone_has_one_code_and_no_entropy(tmp_path: Path) -> None:
    seconds = np.arange(96_000) / 48_000
    soundfile.write(
        tmp_path / "tone.wav", np.sin(2 * np.pi * 997 * seconds) / 2, 48_000, subtype="FLOAT"
    )
    found = statistics(tmp_path)
    assert found.frames == 200
    assert found.sounding == 1.0
    # The first and last frames see the tone begin and end.
    assert found.commonest[0].share > 0.95
    assert found.entropy_bits < 0.5
    assert found.energy_db.p95 - found.energy_db.p5 < 0.5


def test_counts_agree_with_the_curves_themselves(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=48_000) * np.linspace(0, 0.3, 48_000)
    soundfile.write(tmp_path / "noise.wav", noise, 48_000, subtype="FLOAT")
    found = statistics(tmp_path)
    curves = curves_of_sound(torch.from_numpy(noise.astype(np.float32)), SMALL)
    heard = curves.energy > SMALL.log_floor + 1
    pairs, counts = np.unique(curves.codes[heard], axis=0, return_counts=True)
    share = counts / counts.sum()
    assert found.codes_used == len(pairs)
    assert found.entropy_bits == pytest.approx(-(share * np.log2(share)).sum(), rel=1e-3)
    assert found.sounding == pytest.approx(heard.mean())
    best = found.commonest[0]
    assert best.share == pytest.approx(share.max(), rel=1e-3)
    assert [best.upper, best.lower] in pairs[share == share.max()].tolist()
    decibels = 20 / math.log(10)
    assert found.spread_db.p50 == pytest.approx(
        np.median(curves.spread[heard]) * decibels, rel=0.01
    )
    assert 0 < found.clipped < 0.3


def test_silence_has_no_statistics_but_an_answer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "nothing.wav", np.zeros(9600), 48_000)
    assert main(["train", "svq", str(tmp_path), "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert (answer["sounding"], answer["codes_used"], answer["commonest"]) == (0, 0, [])
