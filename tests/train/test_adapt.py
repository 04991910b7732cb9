"""A studio's own flavour: learned from its recordings, a bundle that names its base."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.bundles.load import load_bundle
from engine.bundles.store import folders, manifest
from engine.cli.app import main
from engine.service.render import render
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderReply, RenderRequest

BOUNCE = Path("tests/media/bounce.mp4")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five recordings: a creaking gate, made of gliding tones."""
    folder = tmp_path_factory.mktemp("recordings")
    seconds = np.arange(60_000) / 48_000
    for number in range(5):
        glide = np.sin(2 * np.pi * (300 + 90 * number) * seconds**1.5)
        soundfile.write(folder / f"gate creaks {number}.wav", 0.3 * glide, 48_000)
    return folder


def _adapt(home: Path, sounds: Path, *words: str) -> Any:
    """The command in a process of its own, as a studio gives it, and what it answers."""
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", "train", "adapt", "--sounds", str(sounds),
         "--name", "gate", *words, "--json"],
        check=True, capture_output=True,
        env={**os.environ, "CUELOCK_HOME": str(home), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def studio(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a studio whose adapter has learned for three steps."""
    home = tmp_path_factory.mktemp("studio")
    report = _adapt(home, sounds, "--steps", "3", "--licence", "CC0-1.0")
    assert report["base"] == "small"
    assert report["licence"] == "Apache-2.0 AND CC0-1.0"
    assert [part["name"] for part in report["parts"]] == ["adapter", "stock"]
    for part in report["parts"]:
        assert part["licence"] == "CC0-1.0"
        assert part["data"] == "5 recordings: gate creaks"
        assert part["bytes"] < 3_000_000
    return home


@pytest.fixture
def at_the_studio(studio: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CUELOCK_HOME", str(studio))
    load_bundle.cache_clear()
    yield studio
    load_bundle.cache_clear()


def _rendered(bundle: str, to: Path) -> RenderReply:
    layer = Layer(name="gate", prompt="gate creaks", seed=1)
    request = RenderRequest(
        clip=str(BOUNCE), layers=(layer,), to=str(to), range_out="1s", bundle=bundle
    )
    return render(request).reply


def test_a_render_with_the_adapter_differs_and_the_base_is_untouched(
    at_the_studio: Path, tmp_path: Path
) -> None:
    before = _digests(folders()["small"])
    base = _rendered("small", tmp_path / "base")
    flavoured = _rendered("gate", tmp_path / "gate")
    again = _rendered("small", tmp_path / "again")
    assert flavoured.stems[0].sha256 != base.stems[0].sha256
    sound = [soundfile.read(reply.stems[0].path)[0] for reply in (base, again, flavoured)]
    np.testing.assert_array_equal(sound[0], sound[1])
    assert np.abs(sound[0] - sound[2]).max() > 1e-3 * np.abs(sound[0]).max()
    assert _digests(folders()["small"]) == before
    wave = Path(flavoured.stems[0].path).read_bytes()
    assert b"gate" in wave  # the stem names the bundle and the licence it came from
    assert b"Apache-2.0 AND CC0-1.0" in wave


def test_the_command_given_again_makes_the_same_bundle(
    at_the_studio: Path, sounds: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = _digests(at_the_studio)
    words = ("--sounds", str(sounds), "--name", "gate", "--steps", "3", "--licence", "CC0-1.0")
    assert main(["train", "adapt", *words, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["name"] == "gate"
    assert _digests(at_the_studio) == before


def test_models_list_and_info_show_what_an_adapter_adapts(
    at_the_studio: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list", "--json"]) == 0
    bundles = {b["name"]: b["base"] for b in json.loads(capfd.readouterr().out)["bundles"]}
    assert bundles == {"gate": "small", "small": None}
    assert main(["models", "info", "gate"]) == 0
    told = capfd.readouterr().err
    assert "adapts: small" in told
    assert "48000 Hz, 8 steps" in told


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ('base = "small"', 'base = "gone"', "bundle.missing", "'gone', which is not installed"),
        ('base = "small"', 'base = "gate"', "bundle.format", "adapter itself"),
        ('base_sha256 = "', 'base_sha256 = "0', "bundle.checksum", "learned on another 'small'"),
        ('sha256 = "', 'sha256 = "0', "bundle.checksum", "not the file"),
        ("strength = 0.4", "strength = 8", "bundle.format", "strength"),
    ],
)
def test_an_adapter_that_cannot_be_used_is_said_in_words(
    old: str, new: str, code: str, told: str, at_the_studio: Path, tmp_path: Path
) -> None:
    file = at_the_studio / "bundles" / "gate" / "bundle.toml"
    text = file.read_text()
    try:
        head, found, tail = text.rpartition(old) if told == "not the file" else text.partition(old)
        assert found
        file.write_text(head + new + tail)
        with pytest.raises(CuelockError) as caught:
            load_bundle("gate")
    finally:
        file.write_text(text)
    assert caught.value.code == code
    assert told in caught.value.message


@pytest.mark.parametrize("name", ["small", "../gate", ""])
def test_a_name_that_is_taken_or_none_is_refused(name: str, sounds: Path) -> None:
    assert main(["train", "adapt", "--sounds", str(sounds), "--name", name, "--steps", "1"]) == 2


def test_a_folder_without_recordings_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "adapt", "--sounds", str(tmp_path), "--name", "mine", "--json"]
    assert main(words) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "request.path"


def test_the_base_stays_a_bundle_of_its_own(at_the_studio: Path) -> None:
    base = load_bundle("small")
    gate = load_bundle("gate")
    assert load_bundle("small") is base
    assert gate.vocoder is base.vocoder
    assert (gate.manifest.name, base.manifest.name) == ("gate", "small")
    assert manifest("small")[1] == base.manifest


def _digests(folder: Path) -> dict[str, str]:
    files = [f for f in sorted(folder.rglob("*")) if f.is_file() and "tfevents" not in f.name]
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
