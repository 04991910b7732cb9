"""The other verbs: what they hand down, and what they answer."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import tomli_w
from command_runs import RENDERED, Cuelock, Seam, through

import presets
from engine.bundles.store import FORMAT, sha256
from engine.melqcd.spec import SMALL
from host_bridge.home import home
from host_bridge.protocol import (
    BenchReply,
    BenchRow,
    CurvesReply,
    RenderReply,
    RenderRequest,
    SpotReply,
    SpottedEvent,
)


@pytest.mark.parametrize("source", ["picture", "sound"])
def test_curves_hands_media_source_file_and_prompt_down(
    source: str, cuelock: Cuelock, seam: Seam
) -> None:
    def curves_of(media: Path, source: str, to: Path | None, layer_prompt: str) -> CurvesReply:
        assert (media, to, layer_prompt) == (Path.cwd() / "a.mov", Path.cwd() / "a.npz", "wind")
        return CurvesReply(
            source="sound" if source == "sound" else "picture",
            start_timecode="01:00:00:00",
            timecode_rate="24",
            rate=100,
            energy=(-3.5, -4.0),
            spread=(0.5, 0.25),
            codes=((40, 40), (0, 80)),
            path=str(to),
        )

    seam("engine.service.curves", curves_of=curves_of)
    words = ("curves", "a.mov", "--from", source, "--to", "a.npz", "--layer", "wind")
    answer = cuelock(*words, "--json").json
    assert answer["source"] == source
    assert answer["codes"] == [[40, 40], [0, 80]]
    assert "0.02 s" in cuelock(*words).err


def test_spot_answers_the_cue_sheet(cuelock: Cuelock, seam: Seam) -> None:
    event = SpottedEvent(timecode="01:00:00:12", frame=12, seconds="0.500", confidence=0.75)

    def spot(clip: Path, to: Path | None, *, prompt: str | None) -> SpotReply:
        assert (clip, to, prompt) == (Path.cwd() / "a.mov", None, "wood is hit")
        return SpotReply(rate="24", start_timecode="01:00:00:00", events=(event,), path=None)

    seam("engine.service.spot", spot=spot)
    words = ("a.mov", "--prompt", "wood is hit")
    assert cuelock("spot", *words, "--json").json["events"] == [msgspec.to_builtins(event)]
    assert "01:00:00:12" in cuelock("spot", *words).err


def test_demo_renders_the_shipped_clip_to_the_folder_named(
    cuelock: Cuelock, seam: Seam, tmp_path: Path
) -> None:
    asked: list[RenderRequest] = []

    def render(request: RenderRequest, progress: Callable[[str, float], None]) -> RenderReply:
        asked.append(request)
        return RENDERED

    seam("host_bridge.client", run=through(render))
    assert cuelock("demo", "--to", str(tmp_path), "--json").json["take"] == "t1"
    assert [(request.to, Path(request.clip).is_file()) for request in asked] == [
        (str(tmp_path), True)
    ]


def test_bench_prints_every_figure_as_a_row(cuelock: Cuelock, seam: Seam) -> None:
    asked: list[str | None] = []
    rows = (
        BenchRow(name="vocoder", value=55.0, unit="x real time", bound=40.0, holds=True),
        BenchRow(name="decode", value=0.4, unit="s", bound=None, holds=None),
    )

    def run(part: str | None) -> BenchReply:
        asked.append(part)
        return BenchReply(rows=rows)

    seam("engine.evaluate.bench", run=run)
    assert cuelock("bench", "vocoder", "--json").json["rows"] == [
        msgspec.to_builtins(row) for row in rows
    ]
    assert "x real time" in cuelock("bench").err
    assert asked == ["vocoder", None]


def test_train_hands_the_config_to_the_part(cuelock: Cuelock, seam: Seam, tmp_path: Path) -> None:
    trained: list[Path] = []
    seam("engine.train.vocoder", main=trained.append)
    config = tmp_path / "a.toml"
    config.write_text("")
    answer = cuelock("train", "vocoder", "--config", str(config), "--json").json
    assert (answer["part"], answer["config"], trained) == ("vocoder", str(config), [config])


def test_a_training_config_that_is_missing_or_wrong_is_refused(
    cuelock: Cuelock, seam: Seam, tmp_path: Path
) -> None:
    def main(_: Path) -> None:
        raise msgspec.ValidationError("Object missing required field `steps`")

    seam("engine.train.vocoder", main=main)
    config = tmp_path / "a.toml"
    missing = cuelock("train", "vocoder", "--config", str(config), "--json")
    assert (missing.status, missing.json["error"]["code"]) == (2, "request.path")
    config.write_text("")
    wrong = cuelock("train", "vocoder", "--config", str(config), "--json")
    assert (wrong.status, wrong.json["error"]["code"]) == (2, "request.option")
    assert "steps" in wrong.json["error"]["message"]


def test_presets_list_names_all_and_says_which_files_are_refused(cuelock: Cuelock) -> None:
    (home() / "presets").mkdir(parents=True)
    (home() / "presets" / "mine.toml").write_text('nam = "mine"')
    listed = cuelock("presets", "list", "--json")
    assert listed.status == 0
    assert len(listed.json["presets"]) == len(presets.files()) - 1
    assert [refused["code"] for refused in listed.json["refused"]] == ["request.preset"]
    assert "'nam'" in cuelock("presets", "list").err


def test_presets_show_prints_a_file_that_reads_back(cuelock: Cuelock, tmp_path: Path) -> None:
    shown = cuelock("presets", "show", "Door slam")
    text = shown.err.rpartition("file: ")[0]
    (tmp_path / "door-slam.toml").write_text(text)
    assert presets.read(tmp_path / "door-slam.toml") == presets.load("door slam")
    assert cuelock("presets", "show", "door slam", "--json").json["shipped"]


def test_presets_check_ends_with_2_when_a_file_is_wrong(cuelock: Cuelock, tmp_path: Path) -> None:
    good, wrong = tmp_path / "rain.toml", tmp_path / "rian.toml"
    for path in (good, wrong):
        shutil.copy(presets.files()["rain"], path)
    assert cuelock("presets", "check").status == 0
    assert cuelock("presets", "check", str(good), "--json").json["refused"] == []
    checked = cuelock("presets", "check", str(good), str(wrong), "--json")
    assert checked.status == 2
    assert [preset["path"] for preset in checked.json["presets"]] == [str(good)]
    assert "rain.toml" in checked.json["refused"][0]["message"]


@pytest.fixture
def tiny_bundle() -> Path:
    """A bundle of one small file among the user's own."""
    folder = home() / "bundles" / "tiny"
    folder.mkdir(parents=True)
    part = folder / "vocoder.safetensors"
    part.write_bytes(b"weights")
    manifest = {
        "name": "tiny",
        "format": FORMAT,
        "licence": "CC0-1.0",
        "steps": 3,
        "mel": msgspec.to_builtins(SMALL),
        "denoiser": {"channels": 4, "widths": [8, 8], "layers": 1},
        "vocoder": {"width": 8, "depth": 1},
        "parts": {
            "vocoder": {
                "file": part.name,
                "dtype": "int8",
                "sha256": sha256(part),
                "licence": "CC0-1.0",
                "data": "nothing",
            }
        },
    }
    (folder / "bundle.toml").write_text(tomli_w.dumps(manifest))
    return folder


@pytest.mark.usefixtures("tiny_bundle")
def test_models_list_and_info_name_a_bundle_and_its_parts(cuelock: Cuelock) -> None:
    listed = {
        bundle["name"]: bundle for bundle in cuelock("models", "list", "--json").json["bundles"]
    }
    info = cuelock("models", "info", "tiny", "--json").json
    assert listed["tiny"] == info
    assert (info["sample_rate"], info["steps"]) == (48_000, 3)
    assert [(part["name"], part["bytes"]) for part in info["parts"]] == [("vocoder", 7)]
    assert "vocoder.safetensors" in cuelock("models", "info", "tiny").err


def test_a_broken_bundle_is_listed_as_refused(cuelock: Cuelock, tiny_bundle: Path) -> None:
    (tiny_bundle / "vocoder.safetensors").unlink()
    refused = cuelock("models", "list", "--json").json["refused"]
    assert [error["code"] for error in refused] == ["bundle.format"]
    assert "vocoder.safetensors" in cuelock("models", "list").err
