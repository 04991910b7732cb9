"""The command with the embedded bundle and real clips: stems as an editor gets them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import torch
import wavinfo
from command_runs import Cuelock
from media_factory import Movie, write_numbered

import presets
from engine.generate.project import energy_error_db, energy_of
from engine.melqcd.files import read_curves
from engine.melqcd.spec import SMALL

BOUNCE = Path(__file__).parents[1] / "media" / "bounce.mp4"
EXAMPLE = (
    "render", str(BOUNCE), "--in", "01:00:02:00", "--out", "01:00:05:12",
    "--start-tc", "01:00:00:00", "--rate", "23.976",
    "--layer", "footsteps on gravel", "--layer", "wind", "--json",
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("resident")


def in_a_process_of_its_own(*words: str, home: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        check=True,
        capture_output=True,
        env={**os.environ, "CUELOCK_HOME": str(home)},
    )
    assert done.stdout.count(b"\n") == 1
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, engine_home: Path) -> Any:
    to = tmp_path_factory.mktemp("example")
    return in_a_process_of_its_own(*EXAMPLE, "--seed", "7", "--to", str(to), home=engine_home)


def test_the_worked_example_gives_two_stems_on_the_frame(example: Any) -> None:
    assert example["range"] == {
        "in": "01:00:02:00", "out": "01:00:05:12", "rate": "24000/1001", "frames": 84,
    }  # fmt: skip
    assert [stem["layer"] for stem in example["stems"]] == ["footsteps on gravel", "wind"]
    for stem, seed in zip(example["stems"], (7, 8), strict=True):
        assert (stem["samples"], stem["time_reference"]) == (168_168, 173_068_896)
        assert stem["seed"] == seed
        read = wavinfo.WavInfoReader(stem["path"])
        assert read.data.frame_count == 168_168
        assert read.bext.time_reference == 173_068_896
        assert stem["measures"]["true_peak_dbtp"] < -1.0


def test_the_same_call_gives_the_same_bytes_and_another_seed_does_not(
    example: Any, tmp_path: Path, cuelock: Cuelock
) -> None:
    again = cuelock(*EXAMPLE, "--seed", "7", "--to", str(tmp_path / "again")).json
    assert [s["sha256"] for s in again["stems"]] == [s["sha256"] for s in example["stems"]]
    other = cuelock(*EXAMPLE, "--seed", "9", "--to", str(tmp_path / "other")).json
    assert {s["sha256"] for s in other["stems"]}.isdisjoint(s["sha256"] for s in example["stems"])


def test_the_preview_shows_the_ranges_own_pictures_with_the_new_sound(example: Any) -> None:
    with av.open(example["preview"]) as movie:
        shown = [f for f in movie.decode(video=0) if f.pts is not None and f.pts >= 0]
        sound = movie.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(84 / 23.976, abs=0.03)
    with av.open(str(BOUNCE)) as clip:
        original = list(clip.decode(video=0))
    first = round(2.002 * 30)
    here, there = (f.to_ndarray(format="gray") for f in (shown[0], original[first]))
    np.testing.assert_array_equal(here, there)


def test_a_picture_of_the_curves_is_drawn(example: Any) -> None:
    with av.open(example["plot"]) as picture:
        assert next(picture.decode(video=0)).width >= 800


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The shipped clip's own sound as a recording of its own."""
    from media import EXAMPLE
    from media.sound import sound

    path = tmp_path / "recording.wav"
    soundfile.write(path, sound(EXAMPLE, sample_rate=48_000), 48_000, subtype="PCM_24")
    return path


def test_given_curves_are_followed_within_the_promise(
    tmp_path: Path, cuelock: Cuelock, recording: Path
) -> None:
    file = tmp_path / "curves.npz"
    assert cuelock("curves", str(recording), "--from", "sound", "--to", str(file)).status == 0
    reply = cuelock(
        "render", str(BOUNCE), "--out", "5s", "--layer", "water splashes", "--seed", "1",
        "--curves", str(file), "--to", str(tmp_path / "out"), "--json",
    ).json  # fmt: skip
    stem = reply["stems"][0]
    sound, _ = soundfile.read(stem["path"], dtype="float32")
    wanted = torch.from_numpy(read_curves(file).curves.fitted(500).energy)
    mean, within = energy_error_db(wanted, energy_of(torch.from_numpy(sound), SMALL))
    assert mean <= 0.5
    assert within >= 0.95
    assert stem["measures"]["energy_error_db"] == pytest.approx(mean, abs=0.05)


def test_a_guide_gives_its_timing(tmp_path: Path, cuelock: Cuelock) -> None:
    taps = np.random.default_rng(0).normal(size=4 * 48_000) * 1e-4
    for at in (0.5, 1.25, 2.8):
        begin = int(at * 48_000)
        taps[begin : begin + 4800] += (
            0.3 * np.random.default_rng(1).normal(size=4800) * np.exp(-np.arange(4800) / 900)
        )
    guide = tmp_path / "taps.wav"
    soundfile.write(guide, taps, 48_000)
    reply = cuelock(
        "render", str(BOUNCE), "--in", "1s", "--out", "5s", "--layer", "wood knocks against wood",
        "--seed", "1", "--guide", str(guide), "--to", str(tmp_path / "out"), "--json",
    ).json  # fmt: skip
    assert reply["stems"][0]["measures"]["onset_f1"] == pytest.approx(1.0)


def test_neighbouring_ranges_tile_and_handles_reach_beyond(
    tmp_path: Path, cuelock: Cuelock
) -> None:
    def stem(begin: str, end: str, *more: str) -> Any:
        return cuelock(
            "render", str(BOUNCE), "--start-tc", "23:59:58;00", "--rate", "29.97 DF",
            "--in", begin, "--out", end, "--layer", "rain falls", "--seed", "1", "--steps", "2",
            "--to", str(tmp_path), "--json", *more,
        ).json["stems"][0]  # fmt: skip

    first, second = stem("10f", "41f"), stem("41f", "77f")
    assert second["time_reference"] == first["time_reference"] + first["samples"]
    wide = stem("10f", "41f", "--handles", "12")
    lead = first["time_reference"] - wide["time_reference"]
    assert lead == pytest.approx(12 * 1601.6, abs=1)
    assert wide["samples"] == pytest.approx(55 * 1601.6, abs=1)
    assert stem("70f", "80f")["time_reference"] < 48_000 * 2


def test_every_preset_renders(tmp_path: Path, cuelock: Cuelock) -> None:
    names = list(presets.files())
    assert len(names) >= 24
    options = [word for name in names for word in ("--preset", name)]
    reply = cuelock(
        "render", str(BOUNCE), "--in", "0.8s", "--out", "1.6s", *options, "--seed", "3",
        "--steps", "3", "--to", str(tmp_path), "--json",
    ).json  # fmt: skip
    assert len(reply["stems"]) == len(names)
    assert len({stem["path"] for stem in reply["stems"]}) == len(names)
    assert len({stem["sha256"] for stem in reply["stems"]}) == len(names)


def test_two_layers_of_one_name_get_files_of_their_own(tmp_path: Path, cuelock: Cuelock) -> None:
    reply = cuelock(
        "render", str(BOUNCE), "--out", "12f", "--layer", "rain", "--layer", "rain", "--seed", "1",
        "--steps", "2", "--variations", "2", "--to", str(tmp_path), "--json",
    ).json  # fmt: skip
    assert len({stem["path"] for stem in reply["stems"]}) == 4
    assert all(Path(stem["path"]).is_file() for stem in reply["stems"])


def test_a_range_of_several_windows_is_whole(tmp_path: Path, cuelock: Cuelock) -> None:
    clip = write_numbered(tmp_path / "long.mp4", 600, Movie(rate=Fraction(25)))
    reply = cuelock(
        "render", str(clip), "--preset", "rain", "--seed", "1", "--steps", "2",
        "--to", str(tmp_path / "out"), "--json",
    ).json  # fmt: skip
    stem = reply["stems"][0]
    sound, _ = soundfile.read(stem["path"])
    assert len(sound) == stem["samples"] == 24 * 48_000
    assert stem["measures"]["energy_error_db"] < 0.5
    assert stem["measures"]["energy_within"] > 0.95


def test_an_empty_layer_asks_the_picture(tmp_path: Path, cuelock: Cuelock) -> None:
    reply = cuelock(
        "render", str(BOUNCE), "--out", "1s", "--seed", "1", "--to", str(tmp_path), "--json"
    ).json
    assert reply["stems"][0]["layer"] == "picture"


def test_ambience_does_not_follow_what_moves(tmp_path: Path, cuelock: Cuelock) -> None:
    reply = cuelock(
        "render", str(BOUNCE), "--preset", "wind", "--seed", "1", "--steps", "2",
        "--to", str(tmp_path), "--json",
    ).json  # fmt: skip
    energy = read_curves(Path(reply["curves"][0])).curves.energy
    assert np.abs(np.diff(energy)).max() < 0.1


def test_the_shipped_clip_is_spotted(tmp_path: Path, cuelock: Cuelock) -> None:
    import opentimelineio as otio

    for ending in ("json", "csv", "edl", "otio"):
        file = tmp_path / f"cues.{ending}"
        ran = cuelock("spot", str(BOUNCE), "--to", str(file), "--json")
        assert ran.status == 0
        assert file.read_text()
    marked = otio.adapters.read_from_file(str(tmp_path / "cues.otio"))
    markers = next(iter(marked.find_clips())).markers
    assert len(markers) == len(ran.json["events"])


def _no_video(folder: Path) -> Path:
    path = folder / "only-sound.wav"
    soundfile.write(path, np.zeros(48_000), 48_000)
    return path


def _cut_off(folder: Path) -> Path:
    path = write_numbered(folder / "cut.mov", 60)
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def _bytes(folder: Path, content: bytes) -> Path:
    path = folder / "clip.mov"
    path.write_bytes(content)
    return path


def _encrypted(folder: Path) -> Path:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "112233445566778899aabbccddeeff00",
    }
    return write_numbered(folder / "secret.mp4", 25, Movie(container_options=options))


def _clip(folder: Path) -> Path:
    return BOUNCE


@pytest.mark.parametrize(
    ("clip", "options", "code"),
    [
        (_no_video, (), "media.no_video"),
        (_cut_off, (), "media.truncated"),
        (lambda folder: _bytes(folder, b""), (), "media.empty"),
        (lambda folder: _bytes(folder, b"no movie at all" * 99), (), "media.unreadable"),
        (_encrypted, (), "media.encrypted"),
        (lambda folder: folder / "nowhere.mov", (), "media.missing"),
        (_clip, ("--in", "30f", "--out", "30f"), "request.range"),
        (_clip, ("--in", "40f", "--out", "30f"), "request.range"),
        (_clip, ("--in", "0f", "--out", "100000f"), "request.range"),
        (_clip, ("--in", "soon"), "request.timecode"),
        (_clip, ("--rate", "17"), "request.rate"),
        (_clip, ("--start-tc", "00:01:00;00", "--rate", "29.97 DF"), "request.timecode"),
        (_clip, ("--curves", "nowhere.npz"), "request.curve"),
        (_clip, ("--guide", "nowhere.wav"), "media.missing"),
        (_clip, ("--bundle", "huge"), "bundle.missing"),
        (_clip, ("--preset", "rane"), "request.preset"),
        (_clip, ("--focus", "0.9,0.9,0.5,0.5"), "request.focus"),
        (_clip, ("--strictness", "7"), "request.option"),
    ],
)
def test_bad_input_is_one_sentence_one_hint_one_code_and_nothing_is_left(
    clip: Callable[[Path], Path],
    options: tuple[str, ...],
    code: str,
    tmp_path: Path,
    cuelock: Cuelock,
) -> None:
    (tmp_path / "in").mkdir()
    path = clip(tmp_path / "in")
    to = tmp_path / "out"
    ran = cuelock("render", str(path), "--layer", "rain", "--to", str(to), "--json", *options)
    error = ran.json["error"]
    assert (ran.status, error["code"]) == (2, code)
    assert error["message"].endswith(".")
    assert error["hint"]
    assert not to.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, cuelock: Cuelock) -> None:
    (tmp_path / "file").touch()
    to = tmp_path / "file" / "out"
    ran = cuelock("render", str(BOUNCE), "--layer", "rain", "--to", str(to), "--json")
    assert (ran.status, ran.json["error"]["code"]) == (3, "disk.readonly")
