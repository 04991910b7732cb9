"""The paper's family learns: one step of every stage, by tiny networks of the real layout."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch
from foreign_weights import Tiny, auffusion_folder, image_encoder, predictor_checkpoint, tiny
from media_factory import Movie, write_movie
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.bundles.importing import import_bundle
from engine.bundles.load import load_bundle
from engine.bundles.store import verified
from engine.cli.app import main
from engine.generate.parts import Words
from engine.melqcd.curves import GrowingCurves, curves_of_sound
from engine.melqcd.spec import AUFFUSION
from engine.train.families import Example, Stage
from engine.train.paper import PaperLearning
from engine.train.sounds import SoundLibrary
from engine.train.sync_predictor import focal_loss
from host_bridge.errors import CuelockError

#: Of each config in engine/train/configs that trains a part of the family: which part.
STAGES = ("autoencoder", "vocoder", "unet", "control", "inversion", "predictor")
CONFIGS = Path(__file__).parents[2] / "engine" / "train" / "configs"
PICTURES = 48  # at 24 a second: two seconds


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def home(made: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With the bundle "auffusion": no ControlNet, no inversion adapter; CLIP's eye, a predictor."""
    source = auffusion_folder(tmp_path_factory.mktemp("auffusion"), made)
    save_file(image_encoder(made), source / "clip.safetensors")
    save_file(predictor_checkpoint(made), source / "predictor.safetensors")
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(home))
        import_bundle(source, "auffusion", "none")
        yield home


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELOCK_HOME", str(home))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips that sound, and what somebody's Synchformer made of them."""
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    at = np.arange(96_000) / 48_000
    rain, bell = rng.normal(size=96_000) / 9, np.sin(2 * np.pi * 880 * at) / 3
    for name, sound, brightness in (("rain", rain, 60), ("bell", bell, 200)):
        grey = np.full((64, 128, 3), brightness, np.uint8)
        heard = Movie(sound=sound.astype(np.float32))
        write_movie(folder / f"{name}.mp4", [grey] * PICTURES, heard)
        np.save(folder / f"{name}.npy", rng.normal(size=(PICTURES, 48)).astype(np.float32))
    rows = "path,caption\nrain.mp4,rain falls\nbell.mp4,a bell\n"
    (folder / "manifest.csv").write_text(rows)
    return folder


def trained(stage: str, clips: Path, folder: Path) -> Path:
    """The folder of a run of one step, by the shipped config with small numbers."""
    shipped = tomllib.loads((CONFIGS / f"{stage}-auffusion.toml").read_text())
    run = folder / stage
    small: dict[str, object] = {
        "manifest": str(clips / "manifest.csv"),
        "cache": str(folder / "cache"),
    }
    if stage == "predictor":
        shape = {"features": 48, "width": 32, "heads": 8, "head_width": 4, "layers": 1}
        small |= {"features": str(clips), "seconds": 1, "shape": shape}
    else:
        small["frames"] = 40
    loop = shipped["loop"] | {"folder": str(run), "steps": 1, "batch": 2, "pieces": 1}
    file = folder / f"{stage}.toml"
    file.write_text(tomli_w.dumps(shipped | small | {"loop": loop | {"learning_rate": 1e-2}}))
    part = "generator" if stage in ("unet", "control", "inversion") else stage
    assert main(["train", part, "--config", str(file), "--json"]) == 0
    return run


@pytest.fixture(scope="module")
def runs(home: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return {stage: trained(stage, clips, folder) for stage in STAGES}


def images(log: EventAccumulator) -> list[str]:
    tags = log.Tags()["images"]
    assert isinstance(tags, list)
    return [str(tag) for tag in tags]


def test_every_stage_takes_a_step_and_shows_what_it_makes(runs: dict[str, Path]) -> None:
    for stage, run in runs.items():
        log = EventAccumulator(str(run / "log")).Reload()
        assert np.isfinite([event.value for event in log.Scalars("loss")]).all()
        assert log.Scalars("gradient_norm")[0].value > 0, stage
        shown = {name.split()[-1] for name in images(log)}
        assert shown == (set() if stage == "autoencoder" else {"bell", "falls"}), stage


def test_what_was_learned_makes_a_bundle_with_the_rest_of_its_base(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    config = tmp_path / "bundle.toml"
    learned = {stage: str(run) for stage, run in runs.items()}
    config.write_text(
        tomli_w.dumps(
            {
                "family": "auffusion", "name": "own", "base": "auffusion",
                "licence": "LicenseRef-Own", "data": "two clips", "runs": learned,
            }
        )
    )  # fmt: skip
    assert main(["train", "export", "--config", str(config), "--json"]) == 0
    (there, base), (folder, own) = verified("auffusion"), verified("own")
    assert set(own.parts) == set(base.parts) | {"control", "inversion"}
    for part, one in base.parts.items():
        assert (own.parts[part].sha256 == one.sha256) is (part not in STAGES)
        if part in STAGES and part != "predictor":  # whose size is the run's own
            before, after = (load_file(f / f"{part}.safetensors") for f in (there, folder))
            assert {n: v.shape for n, v in before.items()} == {n: v.shape for n, v in after.items()}
    assert own.parts["control"].data == "two clips"
    load_bundle.cache_clear()
    bundle = load_bundle("own")
    sound = torch.randn(16_000, generator=torch.Generator().manual_seed(0)) / 9
    curves = curves_of_sound(sound, AUFFUSION)
    words = bundle.guide("rain", "", torch.randn(1, 64))
    pieces = bundle.pipeline.mels(
        GrowingCurves([curves], len(curves), AUFFUSION), words,
        strictness=1.0, steps=1, seed=0, window_frames=200,
    )  # fmt: skip
    assert torch.cat(list(pieces), dim=1).shape == (256, 100)


_TWO: tuple[Stage, Stage] = ("unet", "control")


def example(rows: int) -> Example:
    draw = torch.Generator().manual_seed(3)
    return Example(torch.randn(rows, 6400, generator=draw), ["rain falls", "a bell"], [0, 1])


def test_a_new_controlnet_says_nothing_and_knows_what_the_u_net_does(
    clips: Path, tmp_path: Path
) -> None:
    library = SoundLibrary(clips / "manifest.csv", "train", tmp_path)
    alone, steered = (PaperLearning("auffusion", (stage,), library, tmp_path) for stage in _TWO)
    draw = torch.Generator().manual_seed(1)
    noisy, hint = torch.randn(2, 4, 32, 8, generator=draw), torch.randn(2, 8, 32, 8, generator=draw)
    words = alone.words(example(2), torch.Generator().manual_seed(2))
    step = torch.tensor([10, 900])
    with torch.no_grad():
        one, other = (
            learning.denoiser(noisy, step, words, hint, torch.ones(learning.denoiser.residuals))
            for learning in (alone, steered)
        )
    torch.testing.assert_close(one, other)
    control = dict(steered.learned["control"].named_parameters())
    unet = dict(steered.denoiser.unet.named_parameters())
    shared = control.keys() & unet.keys()
    assert len(shared) > 100
    assert all(torch.equal(control[name], unet[name]) for name in shared)
    assert not any(parameter.requires_grad for parameter in unet.values())


def test_rows_are_told_nothing_words_or_what_their_own_picture_shows(
    clips: Path, tmp_path: Path
) -> None:
    library = SoundLibrary(clips / "manifest.csv", "train", tmp_path)
    learning = PaperLearning("auffusion", ["inversion"], library, tmp_path)
    learning.learned.eval()  # pseudo-words without dropout
    pipeline, guide = learning.maker()
    nothing = guide("", "", None).tokens[1]
    looks = load_file(next(tmp_path.glob("looks-*.safetensors")))["points"]
    assert not torch.equal(looks[0], looks[1])
    told: list[Words] = [
        learning.words(example(2), torch.Generator().manual_seed(seed)) for seed in range(40)
    ]
    for row, caption in enumerate(["rain falls", "a bell"]):
        said = guide(caption, "", None).tokens[1]
        seen = guide(caption, "", looks[row : row + 1]).tokens[1]
        kinds = {"nothing": nothing, "said": said, "seen": seen}
        counts = {
            name: sum(torch.allclose(words.tokens[row], kind, atol=1e-5) for words in told)
            for name, kind in kinds.items()
        }
        assert sum(counts.values()) == 40
        assert min(counts.values()) > 0
        assert counts["nothing"] < counts["said"]
    assert pipeline.codec is learning.codec


def test_what_a_stage_needs_and_has_not_is_said(
    clips: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sounds.csv").write_text(f"path,caption\n{clips / 'rain.mp4'},rain\n")
    library = SoundLibrary(tmp_path / "sounds.csv", "train", tmp_path)
    with pytest.raises(CuelockError) as caught:
        PaperLearning("small", ["unet"], library, tmp_path)
    assert caught.value.code == "bundle.format"
    config = tmp_path / "predictor.toml"
    loop = {"folder": str(tmp_path / "run"), "steps": 1, "batch": 1, "learning_rate": 1e-3}
    said = {"family": "auffusion", "features": str(tmp_path), "loop": loop}
    said |= {"manifest": str(tmp_path / "sounds.csv"), "cache": str(tmp_path)}
    config.write_text(tomli_w.dumps(said))
    assert main(["train", "predictor", "--config", str(config), "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "request.path"


def test_a_focal_loss_forgives_what_is_nearly_sure() -> None:
    logits = torch.tensor([[4.0, 0.0, 0.0], [0.1, 0.0, 0.0]])
    right = torch.tensor([0, 0])
    chance = torch.softmax(logits, dim=-1)[:, 0]
    wanted = ((1 - chance) ** 2 * -chance.log()).mean()
    torch.testing.assert_close(focal_loss(logits, right), wanted)


def test_statistics_are_taken_with_the_familys_own_ears(
    clips: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    replies = {}
    for family in ("small", "auffusion"):
        asked = ["train", "svq", str(clips / "manifest.csv"), "--family", family, "--json"]
        assert main(asked) == 0
        replies[family] = json.loads(capfd.readouterr().out)
    assert replies["small"]["frames"] == replies["auffusion"]["frames"]
    assert replies["small"]["energy_db"] != replies["auffusion"]["energy_db"]
