"""Hosts that are scripted from outside behave alike; each is looked at from inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from media_factory import read_number
from premiere_bench import premiere
from protools_bench import protools
from reaper_bench import reaper, reaper_lua
from resolve_bench import resolve, resolve_lua
from scripted_bench import TAKE, RenderingBench, ScriptedBench, Sounding, states, stem_at
from take_factory import finished

from engine.cli import errands
from engine.cli.wishes import placed_in
from host_bridge.errand import NewSounds, seen, stems_folder
from host_bridge.errors import CuelockError
from host_bridge.placing import place, takes_under
from host_bridge.protocol import RenderReply
from host_bridge.timecode import (
    FrameIndex,
    Rate,
    frame_of_label,
    label_of_frame,
    sample_of_frame,
)
from host_bridge.timeline import Marker
from media.clip import open_clip
from media.decode import pictures

Benches = dict[str, Callable[[Path], AbstractContextManager[ScriptedBench]]]
DIRECT: Benches = {"protools": protools, "resolve": resolve, "reaper": reaper}
RELAYED: Benches = {"resolve in Lua": resolve_lua, "reaper in Lua": reaper_lua}
PAGED = {"premiere": premiere}
HOSTS = [*DIRECT, *RELAYED, *PAGED]
RATES = ["23.976", "25", "29.97 DF", "59.94"]
STARTS = ["00:00:00:00", "01:00:00:00", "23:59:58:00"]
BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"

# A relay knows nothing of timelines.
timelines = pytest.mark.parametrize(
    ("bench", "rate", "start"), list(product([*DIRECT, *PAGED], RATES, STARTS)), indirect=["bench"]
)


@pytest.fixture(params=HOSTS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScriptedBench]:
    name: str = request.param
    if name in PAGED:
        opened = PAGED[name](request.getfixturevalue("page"), tmp_path)
    else:
        opened = (DIRECT | RELAYED)[name](tmp_path)
    with opened as made:
        made.timeline("25", "01:00:00:00")
        yield made


def sample(frame: int, rate: str = "25") -> int:
    return sample_of_frame(frame, Rate.parse(rate), 48_000)


@timelines
def test_the_marks_are_told_in_frames_of_the_timeline(
    bench: ScriptedBench, rate: str, start: str
) -> None:
    bench.timeline(rate, start)
    bench.mark(31, 77)
    marked = bench.host.marked()
    assert (marked.start, marked.stop) == (31, 77)
    assert marked.exact_rate == Rate.parse(rate)
    assert marked.first == frame_of_label(start, Rate.parse(rate))


@timelines
def test_a_stem_stands_at_its_frame(
    bench: ScriptedBench, tmp_path: Path, rate: str, start: str
) -> None:
    bench.timeline(rate, start)
    stem = stem_at(tmp_path, sample(31, rate))
    (placed,) = place(bench.host, [stem])
    assert placed.state == "placed"
    (clip,) = bench.sounding()
    assert (clip.track, clip.start, clip.file) == (
        bench.added(1),
        sample(31, rate),
        Path(stem.path).name,
    )


def test_a_clip_knows_its_take_again(bench: ScriptedBench, tmp_path: Path) -> None:
    bench.mark(25, 50)
    place(bench.host, [stem_at(tmp_path, sample(25))])
    assert takes_under(bench.host.marked(), bench.host.tracks()) == (TAKE,)


def test_placing_twice_changes_nothing(bench: ScriptedBench, tmp_path: Path) -> None:
    stem = stem_at(tmp_path, sample(25))
    place(bench.host, [stem])
    before = (bench.sounding(), bench.undo_steps())
    assert states(place(bench.host, [stem])) == ["there"]
    assert (bench.sounding(), bench.undo_steps()) == before


def test_layers_go_to_tracks_of_their_own_kind(bench: ScriptedBench, tmp_path: Path) -> None:
    stems = [
        stem_at(tmp_path, sample(25), layer="rain"),
        stem_at(tmp_path, sample(25), layer="wind", channels=2),
    ]
    assert states(place(bench.host, stems)) == ["placed", "placed"]
    assert {clip.track for clip in bench.sounding()} == {bench.added(1), bench.added(2)}
    kinds = [1, 2] if bench.tracks_have_kinds else [None, None]
    assert [track.channels for track in bench.host.tracks()] == kinds
    assert not bench.one_undo or bench.undo_steps() == 1


@pytest.mark.parametrize("locked", [True, False])
def test_what_stands_there_is_passed_over(
    bench: ScriptedBench, tmp_path: Path, locked: bool
) -> None:
    bench.track("cuelock 1", locked=locked)
    bench.clip("cuelock 1", Path(stem_at(tmp_path, 0, layer="own").path), 25)
    before = bench.sounding()
    assert states(place(bench.host, [stem_at(tmp_path, sample(30))])) == ["placed"]
    assert bench.sounding()[: len(before)] == before
    assert bench.sounding()[-1].track == bench.added(2)


@pytest.mark.parametrize(
    ("channels", "locked", "occupied", "word"),
    [(1, True, False, "locked"), (2, False, False, "channels"), (1, False, True, "stands on")],
)
def test_a_track_that_cannot_take_it_says_why_and_nothing_moves(
    bench: ScriptedBench, tmp_path: Path, channels: int, locked: bool, occupied: bool, word: str
) -> None:
    bench.track("FX", channels=channels, locked=locked)
    if occupied:
        bench.clip("FX", Path(stem_at(tmp_path, 0, layer="own").path), 25)
    before = (bench.sounding(), bench.undo_steps())
    (refused,) = place(bench.host, [stem_at(tmp_path, sample(30))], onto="FX")
    if not occupied and not bench.tracks_have_kinds:
        hidden = locked and bench.locks_are_kept_quiet
        assert refused.state == ("refused" if hidden else "placed")
        assert not hidden or "locked" in refused.reason
        return
    assert refused.state == "refused"
    assert word in refused.reason
    assert (bench.sounding(), bench.undo_steps()) == before


def test_an_existing_track_is_placed_onto(bench: ScriptedBench, tmp_path: Path) -> None:
    bench.track("Dialogue")
    bench.track("FX")
    stem = stem_at(tmp_path, sample(30))
    assert states(place(bench.host, [stem], onto="FX")) == ["placed"]
    assert bench.sounding() == [
        Sounding("FX", sample(30), sample(30) + stem.samples, Path(stem.path).name)
    ]


def test_a_stem_without_its_file_moves_nothing(bench: ScriptedBench, tmp_path: Path) -> None:
    stem = stem_at(tmp_path, sample(25))
    Path(stem.path).unlink()
    with pytest.raises(CuelockError, match="not there"):
        place(bench.host, [stem])
    assert (bench.sounding(), bench.undo_steps()) == ([], 0)


def test_an_unmarked_range_is_a_sentence(bench: ScriptedBench) -> None:
    with pytest.raises(CuelockError) as told:
        bench.host.marked()
    assert told.value.code == "host.marks"


def test_the_picture_under_the_marks_is_named(bench: ScriptedBench) -> None:
    bench.picture(BOUNCE, 10, 60, media_start=5)
    bench.picture(BOUNCE, 60, 90, media_start=0)
    bench.mark(20, 50)
    (piece,) = bench.host.marked().pieces
    assert piece.start <= 20 < 50 <= piece.stop
    assert (piece.path, piece.media_start + 20 - piece.start, piece.speed) == (str(BOUNCE), 15, "1")


# Pro Tools plays every picture at its own speed.
@pytest.mark.parametrize("bench", [name for name in HOSTS if name != "protools"], indirect=True)
def test_a_retimed_picture_is_a_sentence(bench: ScriptedBench) -> None:
    bench.picture(BOUNCE, 10, 60, media_start=5, speed=2)
    bench.mark(20, 50)
    with pytest.raises(CuelockError) as told:
        seen(bench.host.marked())
    assert told.value.code == "host.retimed"


@pytest.mark.parametrize(
    ("bench", "rate", "start"),
    list(product(["resolve", "premiere"], RATES, STARTS)),
    indirect=["bench"],
)
def test_what_no_file_shows_is_rendered_from_the_in_mark_to_the_out_mark(
    bench: RenderingBench, own_home: Path, rate: str, start: str
) -> None:
    bench.timeline(rate, start)
    bench.nested(10, 90)
    bench.mark(31, 77)
    with pytest.raises(CuelockError) as told:
        bench.host.marked()
    assert told.value.code == "host.retimed"
    before = (bench.sounding(), bench.undo_steps())
    marked = bench.rendered()
    assert (marked.start, marked.stop) == (31, 77)
    picture = seen(marked)
    assert picture.frames == (0, 46)
    assert picture.start_timecode == label_of_frame(marked.first + 31, Rate.parse(rate))
    clip = open_clip(picture.path)
    assert clip.rate == Rate.parse(rate).exact
    shown = pictures(clip, 0, clip.frames, rate=clip.rate, size=(128, 64))
    assert [read_number(rgb) for _, rgb in shown] == list(range(31, 77))
    assert (bench.sounding(), bench.undo_steps()) == before


renders = pytest.mark.parametrize(
    "bench", ["resolve", "resolve in Lua", "premiere"], indirect=["bench"]
)


@renders
def test_a_rendered_picture_and_its_stems_lie_beside_the_film_below(
    bench: RenderingBench, own_home: Path, tmp_path: Path
) -> None:
    film = tmp_path / "films" / "film.mp4"
    film.parent.mkdir()
    film.write_bytes(BOUNCE.read_bytes())
    bench.picture(film, 0, 100, media_start=0)
    bench.nested(10, 90)
    bench.mark(31, 40)
    marked = bench.rendered()
    assert stems_folder(marked) == film.parent / "cuelock"
    assert Path(marked.pieces[0].path).parent == film.parent / "cuelock" / "pictures"


@renders
def test_without_a_film_below_they_lie_in_cuelocks_own_folder(
    bench: RenderingBench, own_home: Path
) -> None:
    bench.nested(10, 90)
    bench.mark(31, 40)
    assert stems_folder(bench.rendered()) == own_home / "stems"


@renders
@pytest.mark.parametrize(
    ("how", "code"), [("failed", "host.refused"), ("cancelled", "cancelled.user")]
)
def test_a_picture_that_is_not_rendered_is_a_sentence_and_nothing_is_left(
    bench: RenderingBench, own_home: Path, how: Any, code: str
) -> None:
    bench.nested(10, 90)
    bench.mark(31, 40)
    bench.rendering_ends(how)
    before = (bench.sounding(), bench.undo_steps())
    with pytest.raises(CuelockError) as told:
        bench.rendered()
    assert told.value.code == code
    assert (bench.sounding(), bench.undo_steps()) == before
    assert not (own_home / "stems").exists()


def test_a_plain_picture_can_be_rendered_for(bench: ScriptedBench) -> None:
    bench.picture(BOUNCE, 10, 60, media_start=5)
    bench.mark(20, 50)
    picture = seen(bench.host.marked())
    assert (picture.path, picture.frames) == (str(BOUNCE), (15, 45))
    assert picture.start_timecode == "01:00:00:05"


@pytest.mark.parametrize("code", ["busy.queue", "engine.unreachable", "gpu.oom"])
def test_an_engine_that_cannot_now_moves_nothing(
    bench: ScriptedBench, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def run(*asked: object, **named: object) -> RenderReply:
        raise CuelockError(code, "Not now.", hint="Try again later.")

    monkeypatch.setattr(errands, "run", run)
    bench.picture(BOUNCE, 10, 60, media_start=5)
    bench.mark(20, 50)
    before = (bench.sounding(), bench.undo_steps())
    with pytest.raises(CuelockError, match="Not now"):
        placed_in(bench.host, bench.host.marked(), NewSounds(), no_progress)
    assert (bench.sounding(), bench.undo_steps()) == before


def test_a_film_that_is_gone_is_a_sentence_and_nothing_moves(
    bench: ScriptedBench, tmp_path: Path, resident: Path
) -> None:
    bench.picture(tmp_path / "gone.mp4", 10, 60, media_start=5)
    bench.mark(20, 50)
    before = (bench.sounding(), bench.undo_steps())
    with pytest.raises(CuelockError, match=r"gone\.mp4") as told:
        placed_in(bench.host, bench.host.marked(), NewSounds(texts=("wood is hit",)), no_progress)
    assert told.value.code == "media.missing"
    assert (bench.sounding(), bench.undo_steps()) == before


def test_a_take_of_another_rate_is_a_sentence_and_nothing_moves(
    bench: ScriptedBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(*asked: object, **named: object) -> RenderReply:
        return finished(tmp_path / "made", TAKE).reply

    monkeypatch.setattr(errands, "run", run)
    bench.timeline("23.976", "01:00:00:00")
    bench.picture(BOUNCE, 10, 60, media_start=5)
    bench.mark(20, 50)
    before = (bench.sounding(), bench.undo_steps())
    with pytest.raises(CuelockError, match="made at 25, the timeline runs at 24000/1001") as told:
        placed_in(bench.host, bench.host.marked(), NewSounds(), no_progress)
    assert told.value.code == "request.rate"
    assert (bench.sounding(), bench.undo_steps()) == before


def test_the_timeline_may_go_on_while_a_stem_is_made(
    bench: ScriptedBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reply = finished(tmp_path / "made", TAKE).reply
    soundfile.write(reply.stems[0].path, np.zeros(96_000), 48_000)

    def run(*asked: object, **named: object) -> RenderReply:
        bench.clip("cuelock 1", Path(stem_at(tmp_path, 0, layer="own").path), 60)
        return reply

    monkeypatch.setattr(errands, "run", run)
    bench.track("cuelock 1")
    bench.picture(BOUNCE, 10, 160, media_start=5)
    bench.mark(50, 100)
    (placed,) = placed_in(bench.host, bench.host.marked(), NewSounds(), no_progress)
    assert (placed.state, placed.track_name) == ("placed", bench.added(2))
    assert placed.stem.start == sample(50)


def no_progress(stage: str, done: float) -> None:
    """Nobody listens."""


def test_a_marker_is_set_once(bench: ScriptedBench) -> None:
    bench.track("FX")
    markers = (
        Marker(frame=FrameIndex(40), name="75%", key="cuelock:01:00:01:15"),
        Marker(frame=FrameIndex(41), name="80%", key="cuelock:01:00:01:16"),
    )
    for _ in range(2):
        bench.host.put_markers(markers)
    assert bench.markers() == [(40, "75%"), (41, "80%")]
