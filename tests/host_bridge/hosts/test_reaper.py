"""What is REAPER's own: one step of undo, items of every kind, positions in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from reaper_bench import ReaperBench, asked
from reaper_fake import FakeMediaItem, FakeMediaTrack, FakeReaper, FakeSource
from scripted_bench import TAKE, stem_at

from host_bridge.errors import CuelockError
from host_bridge.placing import place, takes_under
from host_bridge.reaper import items as reading
from host_bridge.reaper.host import ReaperHost
from host_bridge.timecode import FrameIndex, SampleIndex
from host_bridge.timeline import Marker


@pytest.fixture
def bench() -> ReaperBench:
    fake = FakeReaper()
    made = ReaperBench(fake, ReaperHost(lambda calls: asked(fake, calls)))
    made.timeline("25", "01:00:00:00")
    return made


def test_the_step_of_undo_says_what_it_was(bench: ReaperBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, 48_000), stem_at(tmp_path, 48_000, layer="wind")])
    assert bench.reaper.undo == ["cuelock: place 2 stems"]


def test_what_breaks_off_is_undone(
    bench: ReaperBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.track("FX")
    monkeypatch.delattr(FakeReaper, "AddTakeToMediaItem")
    with pytest.raises(CuelockError, match="AddTakeToMediaItem"):
        place(bench.host, [stem_at(tmp_path, 48_000)])
    assert [(track.name, track.items) for track in bench.reaper.tracks] == [("FX", [])]
    assert (bench.reaper.undo, bench.reaper.block, bench.reaper.hidden) == ([], 0, 0)


def test_a_file_that_reaper_cannot_read_moves_nothing(bench: ReaperBench, tmp_path: Path) -> None:
    stem = stem_at(tmp_path, 48_000)
    bench.reaper.unreadable.add(stem.path)
    with pytest.raises(CuelockError, match="cannot read"):
        place(bench.host, [stem])
    assert (bench.reaper.tracks, bench.reaper.undo) == ([], [])


def test_a_stem_keeps_its_take_when_its_file_is_renamed(bench: ReaperBench, tmp_path: Path) -> None:
    bench.mark(25, 50)
    place(bench.host, [stem_at(tmp_path, 48_000)])
    source = bench.reaper.tracks[0].items[0].takes[0].source
    assert source
    source.path = "/elsewhere/rain.wav"
    assert takes_under(bench.host.marked(), bench.host.tracks()) == (TAKE,)


def test_a_stem_does_not_loop_and_bears_its_layers_name(bench: ReaperBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, 48_000)])
    (item,) = bench.reaper.tracks[0].items
    assert (item.values["B_LOOPSRC"], item.takes[0].name) == (0, "rain")


def test_a_stem_may_stand_on_any_sample(bench: ReaperBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, 172_812_345)])
    (clip,) = bench.host.tracks()[0].clips
    assert clip.start == SampleIndex(172_812_345)


def test_an_item_without_a_take_takes_its_room(bench: ReaperBench) -> None:
    item = FakeMediaItem()
    item.values |= {"D_POSITION": 1.0, "D_LENGTH": 2.0}
    bench.reaper.tracks.append(FakeMediaTrack("notes", items=[item]))
    (clip,) = bench.host.tracks()[0].clips
    assert (clip.start, clip.stop, clip.path) == (48_000, 144_000, "")


def test_a_reversed_picture_is_a_sentence(bench: ReaperBench) -> None:
    bench.picture(Path("/a.mov"), 10, 60, media_start=5)
    take = bench.reaper.tracks[0].items[0].takes[0]
    take.source = FakeSource("", "SECTION", parent=take.source)
    bench.mark(20, 50)
    with pytest.raises(CuelockError, match="reversed") as told:
        bench.host.marked()
    assert told.value.code == "host.retimed"
    bench.mark(70, 80)
    assert bench.host.marked().pieces == ()


def test_what_is_muted_is_not_seen(bench: ReaperBench) -> None:
    bench.picture(Path("/a.mov"), 10, 60, media_start=5)
    bench.mark(20, 50)
    bench.reaper.tracks[0].items[0].values["B_MUTE"] = 1
    assert bench.host.marked().pieces == ()
    bench.reaper.tracks[0].items[0].values["B_MUTE"] = 0
    bench.reaper.tracks[0].muted = True
    assert bench.host.marked().pieces == ()


def test_the_topmost_track_with_a_picture_is_seen(bench: ReaperBench) -> None:
    bench.picture(Path("/a.mov"), 10, 60, media_start=5)
    bench.reaper.tracks.append(FakeMediaTrack("lower"))
    bench.reaper.tracks[1].items = bench.reaper.tracks[0].items.copy()
    bench.mark(20, 50)
    assert len(bench.host.marked().pieces) == 1


def test_markers_are_one_step_and_none_when_all_are_there(bench: ReaperBench) -> None:
    markers = tuple(
        Marker(frame=FrameIndex(n), name="75%", key=f"cuelock:01:00:00:0{n}") for n in (1, 2)
    )
    bench.host.put_markers(markers)
    bench.host.put_markers(markers)
    assert bench.reaper.undo == ["cuelock: markers"]


def test_a_drop_flag_at_a_rate_that_has_none_is_said(bench: ReaperBench) -> None:
    bench.reaper.fps, bench.reaper.drop = 30.0, True
    bench.mark(0, 10)
    with pytest.raises(CuelockError) as told:
        bench.host.marked()
    assert told.value.code == "request.rate"


@pytest.mark.parametrize("items", [0, 3, 8])
def test_a_long_project_is_read_in_parts(
    bench: ReaperBench, items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_BATCH", 3)
    bench.track("A1")
    for n in range(items):
        bench.clip("A1", Path(f"{n}.wav"), 30 * n)
    clips = bench.host.tracks()[0].clips
    assert [clip.path for clip in clips] == [f"{n}.wav" for n in range(items)]
