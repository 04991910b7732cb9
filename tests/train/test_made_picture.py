"""Made scenes tell the truth: what sounds, sounds when and where the picture moves."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import tomli_w
import torch

from engine.cli.app import main
from engine.picture.features import CHANNELS, GRID
from engine.train.made_picture import RUNS, scene
from engine.train.predictor import moved, unlikeness
from engine.train.sounding import SECONDS, MadeExample, attack
from engine.train.sounds import SAMPLE_RATE, SoundLibrary
from host_bridge.protocol import EvaluateReply


@pytest.fixture(scope="module")
def examples(library: SoundLibrary) -> list[MadeExample]:
    rng = np.random.default_rng(4)
    return [example for _ in range(6) for example in scene(library, rng)]


def test_the_library_comes_back_as_it_was_written(library: SoundLibrary) -> None:
    number = library.by_kind["hammer"][0]
    assert library[number].caption == "the sound of hammer"
    assert len(library[number].samples) == SAMPLE_RATE // 2
    assert attack(library[number].samples) == pytest.approx(2400, abs=100)


def test_examples_have_the_shapes_of_their_scene(examples: list[MadeExample]) -> None:
    for example in examples:
        features = example.features
        assert features.motion.shape == (int(SECONDS * features.rate), CHANNELS, *GRID)
        assert np.isfinite(features.motion).all()
        assert len(example.curves) == 100 * SECONDS
        assert example.focus.shape == GRID
        assert example.focus.max() == 1


def test_energy_rises_at_every_event(examples: list[MadeExample]) -> None:
    sounding = [e for e in examples if e.words and e.onsets and "sound of" in e.words]
    struck = [e for e in sounding if not any(run in e.words for run in RUNS)]
    assert struck
    for example in struck:
        energy = example.curves.energy
        for onset in example.onsets:
            at = int(100 * onset)
            if not 10 < at < len(energy) - 5:
                continue
            # Where an event falls into another's tail it may rise by little, but it rises.
            assert energy[at : at + 5].max() > energy[at - 6 : at - 3].min()


def test_a_scene_is_the_same_for_the_same_seed(library: SoundLibrary) -> None:
    one, two = (scene(library, np.random.default_rng(9)) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.features.motion, b.features.motion)
        np.testing.assert_array_equal(a.curves.energy, b.curves.energy)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 4), (5, 9), (2, 0), (3, 4)])
def test_what_is_focused_on_is_not_moved_out_of_the_picture(row: int, column: int) -> None:
    focus, rng = np.zeros(GRID, np.float32), np.random.default_rng(0)
    focus[row, column] = 1
    motion = np.broadcast_to(focus, (2, CHANNELS, *GRID))
    for _ in range(30):
        around, seen = moved(motion, focus, rng)
        assert seen.any()
        assert (seen >= around).all()  # the border is repeated, what moves is not


def test_a_bundle_is_measured_on_drawn_scenes(
    library: SoundLibrary, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    config = tmp_path / "scenes.toml"
    config.write_text(
        tomli_w.dumps(
            {
                "manifest": str(library.records[0].path.with_name("manifest.csv")),
                "cache": str(tmp_path), "folder": str(tmp_path), "split": "train",
                "seed": 1, "count": 9, "soundings": 1,
            }
        )
    )  # fmt: skip
    asked = ["evaluate", str(config), "--from", "scenes", "--measure", "drawn", "--most", "3"]
    assert main([*asked, "--json"]) == 0
    reply = msgspec.json.decode(capsysbinary.readouterr().out, type=EvaluateReply)
    assert reply.source == "scenes"
    of = {(row.name, row.of): row for row in reply.rows}
    seen, chance = (
        of["contacts within one frame", kind] for kind in ("predicted", "the same events, turned")
    )
    assert seen.count == chance.count > 0
    assert seen.value is not None
    assert chance.value is not None
    assert seen.value > chance.value


def test_a_flat_prediction_can_learn_a_shape() -> None:
    made = torch.full((2, 50), -3.0, requires_grad=True)
    true = torch.stack([torch.sin(torch.arange(50) / 3), torch.zeros(50)])
    unlike = unlikeness(made, true)
    assert unlike.tolist() == pytest.approx([1, 0])
    unlike.sum().backward()
    assert made.grad is not None
    assert made.grad.isfinite().all()
    assert unlikeness(true, true)[0].item() == pytest.approx(0, abs=0.05)
