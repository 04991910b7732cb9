"""Parts that learn from sounds take their steps by their configs; only what should learn, does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import tomli_w
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.bundles.store import folders
from engine.cli.app import main
from engine.train.state import averaged


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A second of noise and a second of a tone, named as they sound."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    seconds = np.arange(48_000) / 48_000
    soundfile.write(folder / "rain.wav", np.random.default_rng(0).normal(size=48_000) / 9, 48_000)
    soundfile.write(folder / "bell.wav", np.sin(2 * np.pi * 880 * seconds) / 3, 48_000)
    return folder


def trained(part: str, folder: Path, steps: int, **config: object) -> Path:
    """The folder of a finished run."""
    folder.mkdir(exist_ok=True)
    loop = {"folder": str(folder / "run"), "steps": steps, "batch": 2, "learning_rate": 1e-3}
    file = folder / f"{part}.toml"
    file.write_text(tomli_w.dumps({"cache": str(folder / "cache"), **config, "loop": loop}))
    assert main(["train", part, "--config", str(file), "--json"]) == 0
    return folder / "run"


@pytest.fixture
def small_generator(sounds: Path) -> dict[str, object]:
    return {
        "manifest": str(sounds),
        "text": str(folders()["small"]),
        "frames": 40,
        "shape": {"widths": [32, 32, 32]},
    }


def test_a_generator_takes_its_steps_and_shows_what_it_makes(
    small_generator: dict[str, object], tmp_path: Path
) -> None:
    around = {"semitones": 2.0, "in_room": 1.0, "rooms": 1}
    run = trained("generator", tmp_path, 2, **small_generator, augment=around)
    log = EventAccumulator(str(run / "log")).Reload()
    assert log.Tags()["images"] == ["bell", "rain"]
    assert np.isfinite([event.value for event in log.Scalars("loss")]).all()


def test_a_stage_that_learns_alone_leaves_the_others_as_they_were(
    small_generator: dict[str, object], tmp_path: Path
) -> None:
    """Both runs begin with the same weights, for their seed is the same."""
    control, inversion = (
        averaged(trained("generator", tmp_path / stage, 1, **small_generator, learns=[stage]))
        for stage in ("control", "inversion")
    )
    differ = {
        name.split(".")[1] for name, value in control.items()
        if not torch.equal(value, inversion[name])
    }  # fmt: skip
    assert differ == {"control", "inversion"}
    assert any(".unet." in name for name in control)


def test_a_vocoder_takes_its_steps_and_shows_what_it_makes(sounds: Path, tmp_path: Path) -> None:
    shape = {"width": 32, "depth": 1}
    run = trained("vocoder", tmp_path, 2, manifest=str(sounds), frames=48, shape=shape)
    log = EventAccumulator(str(run / "log")).Reload()
    assert log.Tags()["images"] == ["bell", "rain"]
    assert np.isfinite([event.value for event in log.Scalars("near")]).all()


def test_a_stock_takes_what_its_licences_allow_until_there_is_enough_of_a_caption(
    sounds: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (sounds / "manifest.csv").write_text(
        "path,caption,split,licence\n"
        "rain.wav,rain falls,train,CC0-1.0\n"
        "bell.wav,rain falls,train,CC0-1.0\n"
        "bell.wav,a bell rings,train,CC-BY-4.0\n"
        "bell.wav,a bell is struck,test,CC0-1.0\n"
    )
    config = {"sources": [str(sounds)], "seconds": 0.5, "to": str(tmp_path / "made" / "stock.npz")}
    file = tmp_path / "stock.toml"
    file.write_text(tomli_w.dumps({**config, "licences": ["CC0-1.0"]}))
    assert main(["train", "stock", "--config", str(file), "--json"]) == 0
    with np.load(tmp_path / "made" / "stock.npz") as stock:
        assert stock["captions"].tolist() == ["rain falls"]
        assert stock["lengths"].tolist() == [25]
    capfd.readouterr()
    file.write_text(tomli_w.dumps({**config, "licences": ["MIT"]}))
    assert main(["train", "stock", "--config", str(file), "--json"]) == 2
    assert "None of the recordings has a licence of MIT" in capfd.readouterr().out
