"""The checks find what training should not meet, and nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli.app import main
from engine.train.data.check import check

RATE = 16_000


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A list in which every kind of thing is wrong once."""
    rng = np.random.default_rng(0)
    for name in ("fine", "other", "torn", "apart", "unknown", "unsaid"):
        soundfile.write(tmp_path / f"{name}.wav", rng.normal(size=RATE) / 9, RATE)
    soundfile.write(tmp_path / "silent.wav", np.full(RATE, 1e-4), RATE)
    soundfile.write(tmp_path / "blink.wav", rng.normal(size=RATE // 20) / 9, RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFF and then nothing")
    (tmp_path / "twin.wav").write_bytes((tmp_path / "fine.wav").read_bytes())
    columns = ["path", "caption", "split", "licence", "group"]
    lines = [
        ["fine.wav", "rain", "train", "CC0-1.0", ""],
        ["other.wav", "wind", "test", "CC-BY-4.0 OR GPL-2.0-or-later", ""],
        ["silent.wav", "rain", "train", "CC0-1.0", ""],
        ["blink.wav", "rain", "train", "CC0-1.0", ""],
        ["broken.wav", "rain", "train", "CC0-1.0", ""],
        ["gone.wav", "rain", "train", "CC0-1.0", ""],
        ["torn.wav", "wind", "train", "LicenseRef-Public-Domain", "storm"],
        ["apart.wav", "wind", "val", "CC0-1.0", "storm"],
        ["twin.wav", "rain", "test", "CC0-1.0", ""],
        ["unknown.wav", "rain", "train", "free for all", ""],
        ["unsaid.wav", "rain", "train", "", ""],
    ]
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *lines])
    return tmp_path


def test_every_kind_of_trouble_is_found_once(collection: Path) -> None:
    reply = check(collection)
    found = sorted((finding.check, Path(finding.path).stem) for finding in reply.findings)
    assert found == [
        ("corrupt", "broken"),
        ("corrupt", "gone"),
        ("leak", "apart"),
        ("leak", "twin"),
        ("length", "blink"),
        ("licence", "unknown"),
        ("licence", "unsaid"),
        ("silent", "silent"),
    ]
    told = {Path(finding.path).stem: finding.detail for finding in reply.findings}
    assert "fine.wav of train" in told["twin"]
    assert "'storm' is in train too" in told["apart"]
    assert told["blink"] == "0.05 s long"
    assert "'free for all'" in told["unknown"]
    assert (reply.recordings, reply.classes) == ({"train": 8, "test": 2, "val": 1}, 2)
    assert reply.seconds == pytest.approx(8.05, abs=0.06)


def test_the_command_answers_the_findings_with_status_2(
    collection: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "check", str(collection), "--json"]) == 2
    answer = json.loads(capfd.readouterr().out)
    assert len(answer["findings"]) == 8
    assert main(["train", "check", str(collection)]) == 2
    assert "nobody said under which licence" in capfd.readouterr().err


def test_a_clean_collection_has_status_0(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "rain.wav", np.random.default_rng(1).normal(size=RATE) / 9, RATE)
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["path", "caption", "licence"], ["rain.wav", "rain", "CC0-1.0"]]
        )
    assert main(["train", "check", str(tmp_path)]) == 0
