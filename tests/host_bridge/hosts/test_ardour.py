"""What is Ardour's own: the times, channels and marks of its files, and what it keeps of ours."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from ardour_bench import EXPORT, ArdourBench, looked
from msgspec.structs import replace
from real_stems import Case, movie
from scripted_bench import TAKE, stem_at

from engine.cli import main
from host_bridge.ardour import ArdourSession, OpenArdour
from host_bridge.errors import CuelockError
from host_bridge.placing import place, plan, takes_under
from host_bridge.projectfile import BEFORE, Told
from host_bridge.relay import Call
from host_bridge.timecode import FrameIndex, sample_of_frame
from host_bridge.timeline import Marker, SampleIndex

CASE = Case("25", "01:00:00:00")
pytestmark = pytest.mark.skipif(
    shutil.which(EXPORT) is None, reason="Ardour is not installed: tests/system-libraries does it"
)


@pytest.fixture
def bench(tmp_path: Path, media: Path, silence: Path) -> ArdourBench:
    return ArdourBench(tmp_path, CASE, movie(media, CASE.rate), silence)


def changed(bench: ArdourBench, what: str, to: str) -> ArdourSession:
    """The session with one thing of its file otherwise."""
    text, times = re.subn(what, to, bench.path.read_text())
    assert times
    bench.path.write_text(text)
    return ArdourSession(bench.path, Told())


def test_both_channels_of_a_stem_sound_from_one_sample_on(
    bench: ArdourBench, tmp_path: Path
) -> None:
    start = sample_of_frame(CASE.marks[0], CASE.exact, 48_000)
    stem = stem_at(tmp_path, start, samples=4800, channels=2)
    soundfile.write(stem.path, np.tile([[0.25, -0.5]], (4800, 1)), 48_000, "PCM_24")
    (placed,) = place(bench.host, (stem,))
    assert (placed.state, bench.host.tracks()[placed.track].channels) == ("placed", 2)
    sound = bench.exported_channels()[start - 1 : start + 4801]
    assert not sound[[0, -1]].any()
    assert np.abs(sound[1:-1] / [0.25, -0.5] - 1).max() < 1e-4
    (_, track) = bench.host.tracks()  # as Ardour saved it
    assert [(clip.take, clip.start) for clip in track.clips] == [(TAKE, start)]


def test_a_track_that_is_added_takes_no_name_that_a_bus_of_the_users_has(
    bench: ArdourBench, tmp_path: Path
) -> None:
    bench.add_bus("cuelock 1")
    start = sample_of_frame(CASE.marks[0], CASE.exact, 48_000)
    stem = stem_at(tmp_path, start)
    asked: list[Call] = []

    def do(calls: Sequence[Call]) -> list[list[Any]]:
        """The open session: its snapshot, and what it is told to do."""
        asked.extend(calls)
        snapshot = bench.folder / "snapshot.ardour"
        return [[str(shutil.copy(bench.path, snapshot))] for one in calls if one.name == "saved"]

    OpenArdour(do).place(plan(bench.host.tracks(), (stem,)))
    assert [one.args for one in asked if one.name == "add_track"] == [("cuelock 2", 1)]
    assert [one.args[0][0]["track"] for one in asked if one.name == "put"] == ["cuelock 2"]
    (placed,) = place(bench.host, (stem,))
    assert (placed.state, placed.track_name) == ("placed", "cuelock 2")
    regions = [row.split("\t") for row in looked(bench.folder) if row.startswith("REGION")]
    assert [(row[1], row[3]) for row in regions] == [("Dialogue", "0"), ("cuelock 2", str(start))]
    assert bench.buses() == ["Master", "cuelock 1"]


def test_events_are_marks_of_the_session_and_set_once(bench: ArdourBench) -> None:
    marker = Marker(frame=FrameIndex(40), name="75%", key="cuelock:01:00:01:15")
    for _ in range(2):
        bench.host.put_markers((marker,))
    assert [row for row in looked(bench.folder) if "75%" in row] == [
        f"PLACE\tcuelock 75%\t{40 * 1920}\t{40 * 1920}"
    ]


def test_the_session_as_it_was_lies_beside_it_and_placing_twice_writes_nothing(
    bench: ArdourBench, tmp_path: Path
) -> None:
    before = bench.path.read_bytes()
    place(bench.host, (stem_at(tmp_path, 0),))
    after = bench.path.read_bytes()
    (again,) = place(bench.host, (stem_at(tmp_path, 0),))
    assert (again.state, bench.path.read_bytes()) == ("there", after)
    assert bench.path.with_name(bench.path.name + BEFORE).read_bytes() == before


def test_ardour_keeps_the_time_of_day_that_a_stem_was_made_for(
    bench: ArdourBench, tmp_path: Path
) -> None:
    """CASE begins at 01:00:00:00, a stem in the list of regions where its timecode says."""
    place(bench.host, (stem_at(tmp_path, 96_000),))
    bench.exported()
    saved = ElementTree.parse(bench.path).getroot()
    (source,) = [one for one in saved.iter("Source") if TAKE in one.get("origin", "")]
    assert source.get("natural-position") == f"a{(3600 * 48_000 + 96_000) * 5880}"


def test_a_stem_is_known_by_its_tag_when_its_file_has_another_name(
    bench: ArdourBench, tmp_path: Path
) -> None:
    place(bench.host, (stem_at(tmp_path, sample_of_frame(50, CASE.exact, 48_000)),))
    session = changed(bench, rf"scene\.mov_rain_[^\"]*{TAKE}\.wav", "rain-final.wav")
    assert takes_under(session.marked(), session.tracks()) == (TAKE,)


def test_a_session_that_has_no_range_yet_gets_one_or_nothing_would_be_exported(
    bench: ArdourBench, tmp_path: Path
) -> None:
    session = changed(bench, "IsSessionRange", "IsRangeMarker")
    place(session, (stem_at(tmp_path, 48_000),))
    assert f'start="a0" end="a{96_000 * 5880}" flags="IsSessionRange"' in bench.path.read_text()


def test_a_loop_is_marks_where_no_range_bears_our_name(bench: ArdourBench) -> None:
    bench.unmark()
    marked = changed(bench, 'flags="IsRangeMarker"', 'flags="IsAutoLoop,IsHidden"').marked()
    assert (marked.start, marked.stop) == CASE.marks


def test_an_offset_that_is_not_negative_begins_the_day_later_than_the_timeline(
    bench: ArdourBench,
) -> None:
    session = changed(bench, 'offset-negative" value="1"', 'offset-negative" value="0"')
    assert session.marked().first == 23 * 3600 * 25


@pytest.mark.parametrize(
    ("what", "to", "sentence"),
    [
        (r'Session version="\d+"', 'Session version="6000"', "Ardour 7 or later"),
        (r'Session version="\d+"', 'Session version="2.0.0"', "Ardour 7 or later"),
        ('sample-rate="48000"', 'sample-rate="44100"', "44100 samples a second"),
        ('"timecode_25"', '"timecode_24976"', "timecode_24976"),
        (r'length="a\d+@a0"', 'length="b3840@a0"', "musical time"),
    ],
)
def test_what_cannot_be_followed_is_a_sentence_and_nothing_is_written(
    bench: ArdourBench, tmp_path: Path, what: str, to: str, sentence: str
) -> None:
    session = changed(bench, what, to)
    before = bench.path.read_bytes()
    with pytest.raises(CuelockError, match=sentence):
        place(session, (replace(stem_at(tmp_path, 0), start=SampleIndex(96_000)),))
    assert bench.path.read_bytes() == before


@pytest.mark.long
def test_texture_is_made_anew_for_what_sounds_under_the_marks(
    bench: ArdourBench, resident: Path
) -> None:
    assert bench.sound("wood is hit") == ""
    assert main(["hosts", "ardour", str(bench.path), "--anew"]) == 0
    _, first, second = bench.host.tracks()
    assert (first.name, second.name) == ("cuelock 1", "cuelock 2")
    assert [clip.start for clip in first.clips] == [clip.start for clip in second.clips]
    assert first.clips[0].take != second.clips[0].take
