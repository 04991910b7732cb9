"""Lists of stems and markers say every sample; a folder holds the files they name."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cuts import cuts

from host_bridge.errors import CuelockError
from host_bridge.exchange import Cut, write_cut
from host_bridge.exchange.cut import samples
from host_bridge.exchange.lists import COLUMNS
from host_bridge.timecode import frame_of_label
from host_bridge.timeline import SAMPLE_RATE

_CLOCK = re.compile(r"(\d+):(\d\d\.\d{6})")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


def stems_in(cut: Cut) -> list[tuple[int, int, str]]:
    found = [
        (samples(shot.start), samples(shot.stop), shot.name)
        for lane in cut.sounds
        for shot in lane.shots
    ]
    return sorted(found)


def marks_in(cut: Cut) -> list[tuple[int, str]]:
    return [(samples(cut.seconds(marker.frame)), marker.name) for marker in cut.markers]


def sample_of(seconds: str) -> int:
    return round(Fraction(seconds) * SAMPLE_RATE)


@given(data=st.data())
@settings(max_examples=20)
def test_a_csv_tells_samples_and_labels(folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    write_cut(cut, folder / "a.csv", "csv")
    with (folder / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS if rows else not stems_in(cut)
    stems = [row for row in rows if row["kind"] == "stem"]
    told = [(int(row["start_sample"]), int(row["stop_sample"]), row["name"]) for row in stems]
    assert sorted(told) == stems_in(cut)
    for row in stems:
        frame = frame_of_label(row["in"], cut.rate) - cut.first
        frame %= cut.rate.frames_per_day
        assert abs(samples(cut.seconds(frame)) - int(row["start_sample"])) <= 1001
    marks = [row for row in rows if row["kind"] == "marker"]
    assert [(int(row["start_sample"]), row["name"]) for row in marks] == marks_in(cut)


@given(data=st.data())
@settings(max_examples=20)
def test_audacitys_labels_tell_every_sample(folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    write_cut(cut, folder / "a.txt", "audacity")
    rows = [line.split("\t") for line in (folder / "a.txt").read_text("utf-8").splitlines()]
    told = [(sample_of(start), sample_of(stop), name) for start, stop, name in rows]
    assert sorted(told) == sorted(stems_in(cut) + [(at, at, name) for at, name in marks_in(cut)])


@given(data=st.data())
@settings(max_examples=20)
def test_reapers_regions_tell_every_sample(folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    write_cut(cut, folder / "a.csv", "reaper")
    with (folder / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def sample(clock: str) -> int:
        found = _CLOCK.fullmatch(clock)
        assert found
        return round((int(found.group(1)) * 60 + Fraction(found.group(2))) * SAMPLE_RATE)

    regions = [row for row in rows if row["#"].startswith("R")]
    told = [(sample(row["Start"]), sample(row["End"]), row["Name"]) for row in regions]
    assert sorted(told) == stems_in(cut)
    marks = [(sample(row["Start"]), row["Name"]) for row in rows if row["#"].startswith("M")]
    assert marks == marks_in(cut)


@given(data=st.data())
@settings(max_examples=5)
def test_a_folder_holds_every_stem_its_cue_sheet_names(folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    with TemporaryDirectory() as out:
        write_cut(cut, Path(out, "reel"), "folder")
        with Path(out, "reel", "cue-sheet.csv").open(encoding="utf-8", newline="") as file:
            named = {row["file"] for row in csv.DictReader(file) if row["kind"] == "stem"}
        held = {path.name for path in Path(out, "reel").iterdir()} - {"cue-sheet.csv"}
        assert held == named
        assert held == {name for _, _, name in stems_in(cut)}
        write_cut(cut, Path(out, "reel"), "folder")  # in place of its own
        Path(out, "other").mkdir()
        with pytest.raises(CuelockError, match="there already"):
            write_cut(cut, Path(out, "other"), "folder")
