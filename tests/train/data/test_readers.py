"""Collections of every layout, as their makers hand them out, give the same kind of record."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from media_factory import Movie, write_numbered

from engine.train.data import Event, Record, records
from engine.train.sounds import SAMPLE_RATE, SoundLibrary
from host_bridge.errors import CuelockError

BOUNCE = Path("tests/media/bounce.mp4").absolute()


def tone(path: Path, seconds: float = 0.5, rate: int = 48_000, hz: float = 440) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate) / 2
    soundfile.write(path, samples, rate)
    return path


def rows(path: Path, *lines: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    return path


def test_a_plain_manifest(tmp_path: Path) -> None:
    file = rows(
        tmp_path / "manifest.csv",
        ["path", "caption", "start", "seconds", "split", "licence"],
        ["a/long.wav", "a door slams", "1.5", "0.25", "test", "CC0-1.0"],
        ["b.wav", "rain, heavy", "", "", "", ""],
    )
    first, second = records(file)
    assert first == Record(
        path=tmp_path / "a/long.wav", caption="a door slams", kind="a door slams",
        group="a/long.wav", split="test", licence="CC0-1.0", start=1.5, seconds=0.25,
    )  # fmt: skip
    assert (second.caption, second.split, second.licence, second.start, second.seconds) == (
        "rain, heavy", "train", "", 0, None,
    )  # fmt: skip
    assert records(tmp_path) == [first, second]


def test_a_manifest_of_sound_effects_with_classes_and_groups(tmp_path: Path) -> None:
    columns = ["file", "class", "caption", "start_s", "group", "licence", "split"]
    rows(
        tmp_path / "manifest.csv",
        columns,
        ["clips/bell/1.opus", "bell", "a bell rings", "31.07", "g1", "CC-BY-3.0", "val"],
    )
    (record,) = records(tmp_path)
    # start_s is where the clip was cut out of its source: the clip itself starts at its start.
    assert record == Record(
        path=tmp_path / "clips/bell/1.opus", caption="a bell rings", kind="bell", group="g1",
        split="val", licence="CC-BY-3.0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["a.wav", "", "", ""], "no caption"),
        (["", "rain", "", ""], "no path"),
        (["a.wav", "rain", "soon", ""], "soon"),
        (["a.wav", "rain", "", "exam"], "exam"),
    ],
)
def test_a_row_that_cannot_be_read_is_said_with_its_line(
    row: list[str], told: str, tmp_path: Path
) -> None:
    columns = ["path", "caption", "start", "split"]
    file = rows(tmp_path / "list.csv", columns, ["ok.wav", "ok", "0", "train"], row)
    with pytest.raises(CuelockError) as caught:
        records(file)
    assert caught.value.code == "request.path"
    assert "Line 3" in caught.value.message
    assert told in caught.value.message


def test_vggsound_gives_the_clips_that_are_there(tmp_path: Path) -> None:
    rows(
        tmp_path / "vggsound.csv",
        ["--0PQM4-hqg", "30", "waterfall burbling", "train"],
        ["--56QUhyDQM", "185", "playing tennis, on grass", "test"],
        ["-0jeONf82dE", "21", "horse clip-clop", "train"],
    )
    clips = tmp_path / "video"
    clips.mkdir()
    for name in ("--0PQM4-hqg_000030", "--56QUhyDQM_000185"):
        (clips / f"{name}.mp4").symlink_to(BOUNCE)
    first, second = records(tmp_path)
    assert first == Record(
        path=clips / "--0PQM4-hqg_000030.mp4", caption="waterfall burbling",
        kind="waterfall burbling", group="--0PQM4-hqg", split="train",
    )  # fmt: skip
    assert (second.caption, second.split) == ("playing tennis, on grass", "test")


def test_avsync15_gives_both_lists(tmp_path: Path) -> None:
    folder = tmp_path / "videos" / "cap_gun_shooting"
    folder.mkdir(parents=True)
    (folder / "7Yq7FMiAd5k_000030_1.0_3.0.mp4").symlink_to(BOUNCE)
    (tmp_path / "train.txt").write_text("cap_gun_shooting/7Yq7FMiAd5k_000030_1.0_3.0.mp4\n")
    (tmp_path / "test.txt").write_text("lions_roaring/gone.mp4\n\n")
    shot, roar = records(tmp_path)
    assert shot == Record(
        path=folder / "7Yq7FMiAd5k_000030_1.0_3.0.mp4", caption="cap gun shooting",
        kind="cap gun shooting", group="7Yq7FMiAd5k", split="train",
    )  # fmt: skip
    assert (roar.caption, roar.split, roar.path.exists()) == ("lions roaring", "test", False)


def test_the_greatest_hits_gives_events(tmp_path: Path) -> None:
    name = "2015-02-16-16-49-06"
    (tmp_path / f"{name}_times.txt").write_text(
        "0.500000 wood hit static\n1.250000 wood hit static\n2.0 None None None\n"
        "3.1 plastic-bag scratch deform\n"
    )
    tone(tmp_path / f"{name}_denoised.wav")
    (tmp_path / "test.txt").write_text(f"{name}\n")
    (record,) = records(tmp_path)
    assert record.path.name == f"{name}_denoised.wav"
    assert (record.caption, record.group, record.split) == (
        "a drumstick hitting wood",
        name,
        "test",
    )
    assert record.events == (
        Event(seconds=0.5, material="wood", action="hit"),
        Event(seconds=1.25, material="wood", action="hit"),
        Event(seconds=2.0),
        Event(seconds=3.1, material="plastic bag", action="scratch"),
    )
    (tmp_path / f"{name}_denoised.mp4").symlink_to(BOUNCE)
    assert records(tmp_path)[0].path.suffix == ".mp4"


def test_loose_recordings_are_called_what_their_names_say(tmp_path: Path) -> None:
    tone(tmp_path / "GateCreak_slow-03.wav")
    tone(tmp_path / "rusty gate" / "0017.FLAC")
    (tmp_path / "notes.txt").write_text("no sound")
    assert {record.caption: record.split for record in records(tmp_path)} == {
        "gate creak slow": "train", "rusty gate": "train",
    }  # fmt: skip


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CuelockError) as caught:
        records(tmp_path)
    assert caught.value.code == "request.path"


def test_a_record_sounds_from_its_start_for_its_length(tmp_path: Path) -> None:
    whole = np.linspace(-0.9, 0.9, 96_000)
    soundfile.write(tmp_path / "ramp.wav", whole, 48_000, subtype="FLOAT")
    record = Record(
        path=tmp_path / "ramp.wav", caption="", kind="", group="", start=0.5, seconds=0.25
    )
    np.testing.assert_allclose(record.sound(48_000), whole[24_000:36_000], atol=1e-6)


def test_a_library_decodes_again_when_a_file_has_changed(tmp_path: Path) -> None:
    tone(tmp_path / "beep.wav", 0.5)
    cache = tmp_path / "cache"
    assert len(SoundLibrary(tmp_path, "train", cache)[0].samples) == SAMPLE_RATE // 2
    tone(tmp_path / "beep.wav", 0.25)
    assert len(SoundLibrary(tmp_path, "train", cache)[0].samples) == SAMPLE_RATE // 4


def test_a_library_says_which_file_is_missing(tmp_path: Path) -> None:
    rows(tmp_path / "manifest.csv", ["path", "caption"], ["gone.wav", "rain"])
    with pytest.raises(CuelockError) as caught:
        SoundLibrary(tmp_path, "train", tmp_path / "cache")
    assert caught.value.code == "media.missing"
    assert "gone.wav" in caught.value.message


def test_a_library_takes_the_sound_out_of_a_movie(tmp_path: Path) -> None:
    heard = (np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000) / 2).astype(np.float32)
    write_numbered(tmp_path / "a.mov", 25, Movie(sound=heard))
    rows(tmp_path / "manifest.csv", ["path", "caption", "seconds"], ["a.mov", "a tone", "1"])
    (sound,) = SoundLibrary(tmp_path, "train", tmp_path / "cache").shown(1)
    assert len(sound.samples) == SAMPLE_RATE
    middle = slice(12_000, 36_000)
    assert np.corrcoef(sound.samples[middle], heard[middle])[0, 1] > 0.99
