"""One behaviour of all hosts: real projects, real stems; the hosts themselves look at them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from ardour_bench import EXPORT, ArdourBench
from bench import USERS_CLIP, USERS_TRACK, Bench
from blender_bench import BLENDER, BlenderBench
from mlt_bench import Kdenlive22Bench, Kdenlive24Bench, ShotcutBench
from msgspec.structs import replace
from real_stems import CASES, HEARD, RATES, STARTS, Case, heard_at, movie, rendered, stems

from engine.cli import errands
from engine.cli.wishes import placed_in
from host_bridge.errand import NewSounds, seen
from host_bridge.errors import CuelockError
from host_bridge.placing import OURS, place, takes_under
from host_bridge.protocol import RenderReply
from host_bridge.timecode import SampleIndex, sample_of_frame

BENCHES = {
    "shotcut": (ShotcutBench, "melt"),
    "kdenlive 22.12": (Kdenlive22Bench, "melt"),
    "kdenlive 24": (Kdenlive24Bench, "melt"),
    "ardour": (ArdourBench, EXPORT),
    "blender": (BlenderBench, BLENDER),
}


def played(*long: str) -> pytest.MarkDecorator:
    """On every host; with those programs the test is a long one."""
    hosts = [
        pytest.param(host, marks=[pytest.mark.long] if program in long else [])
        for host, (_, program) in BENCHES.items()
    ]
    return pytest.mark.parametrize("make", hosts, indirect=True)


plays = played()
#: Ardour takes seconds for each export, and these tell little more of it.
plays_on = played(EXPORT)
BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
PLAIN = Case("24000/1001", "01:00:00:00")
ONE_A_RATE = [Case(*one) for one in zip(RATES, cycle(STARTS), strict=False)]
Make = Callable[..., Bench]


@pytest.fixture(params=BENCHES)
def make(request: pytest.FixtureRequest, tmp_path: Path, media: Path, silence: Path) -> Make:
    """make(case) puts a project on the bench of one host, make(case, film) one with that film."""
    kind, program = BENCHES[request.param]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: tests/system-libraries installs it")

    def made(case: Case, film: Path | None = None) -> Bench:
        folder = tmp_path / f"{case.exact.nominal}-{case.start[:2]}"
        folder.mkdir()
        return kind(folder, case, film or movie(media, case.rate), silence)

    return made


@plays
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case in ONE_A_RATE else [pytest.mark.long]) for case in CASES],
    ids=str,
)
def test_a_stem_sounds_at_its_very_sample_at_every_rate_and_start(
    make: Make, media: Path, case: Case
) -> None:
    bench = make(case)
    (stem,) = stems(media, case)
    (placed,) = place(bench.host, (stem,))
    assert (placed.state, placed.track_name) == ("placed", f"{OURS} 1")
    start = sample_of_frame(case.marks[0], case.exact, 48_000)
    assert start == stem.start
    late = heard_at(bench.exported(), stem, bench.drift(case)) - start
    assert 0 <= late <= bench.late(case)


@plays
def test_the_users_own_clips_and_marks_stay_as_they_are(make: Make, media: Path) -> None:
    bench = make(PLAIN)
    before = bench.users_own()
    place(bench.host, stems(media, PLAIN))
    assert bench.users_own() == before


def test_the_marks_and_the_picture_under_them_are_shown(make: Make, media: Path) -> None:
    for case in CASES:
        marked = make(case).host.marked()
        assert (marked.start, marked.stop) == case.marks
        assert (marked.exact_rate, marked.first) == (case.exact, case.first)
        assert seen(marked).path == str(movie(media, case.rate))
        assert seen(marked).frames == case.marks
        assert seen(marked).start_timecode == case.label


@plays_on
def test_placing_twice_changes_nothing(make: Make, media: Path) -> None:
    bench = make(PLAIN)
    found = stems(media, PLAIN)
    place(bench.host, found)
    before, shown = bench.exported(), bench.host.tracks()
    (again,) = place(bench.host, found)
    assert again.state == "there"
    assert bench.host.tracks() == shown
    assert np.array_equal(bench.exported(), before)


@plays_on
def test_stems_of_one_range_stand_on_tracks_of_their_own_and_sound_together(
    make: Make, media: Path
) -> None:
    bench = make(PLAIN)
    (stem,) = stems(media, PLAIN)
    other = Path(stem.path).with_name(Path(stem.path).name.replace("knock", "knock-2"))
    shutil.copy(stem.path, other)
    place(bench.host, (stem,))
    alone = bench.exported()
    (placed,) = place(bench.host, (replace(stem, path=str(other)),))
    assert (placed.state, placed.track_name) == ("placed", f"{OURS} 2")
    # A host's export may hold no more than full scale.
    assert np.abs(bench.exported() - np.clip(2 * alone, -1, 1)).max() < HEARD


@plays_on
def test_a_second_stem_goes_behind_the_first_on_the_same_track(make: Make, media: Path) -> None:
    bench = make(PLAIN)
    (stem,) = stems(media, PLAIN)
    other = Path(stem.path).with_name(Path(stem.path).name.replace("knock", "knock-3"))
    shutil.copy(stem.path, other)
    early = SampleIndex(stem.start - stem.samples)
    place(bench.host, (stem,))
    (placed,) = place(bench.host, (replace(stem, path=str(other), start=early),))
    assert placed.track_name == f"{OURS} 1"
    track = bench.host.tracks()[placed.track]
    assert [(clip.start, clip.stop) for clip in track.clips] == [
        (early, stem.start), (stem.start, stem.start + stem.samples)
    ]  # fmt: skip
    exported = bench.exported()
    late = int(np.flatnonzero(exported)[0]) - early
    assert 0 <= late <= bench.late(PLAIN)
    first, second = np.split(exported[early + late : stem.start + stem.samples + late], 2)
    assert np.array_equal(first, second)


def test_the_take_under_the_marks_is_known_again(make: Make, media: Path) -> None:
    bench = make(PLAIN)
    (stem,) = stems(media, PLAIN)
    place(bench.host, (stem,))
    assert takes_under(bench.host.marked(), bench.host.tracks()) == (stem.take,)


@plays
def test_where_a_stem_cannot_go_a_sentence_says_why_and_nothing_moves(
    make: Make, media: Path
) -> None:
    bench = make(PLAIN)
    (stem,) = stems(media, PLAIN)
    before = bench.users_own()
    at_users = replace(stem, start=SampleIndex(0))
    assert USERS_CLIP[0] == 0
    (occupied,) = place(bench.host, (at_users,), onto=USERS_TRACK)
    assert "Something stands" in occupied.reason
    with pytest.raises(CuelockError, match="not there"):
        place(bench.host, (replace(stem, path="/gone.wav"),))
    bench.lock()
    tracks = bench.host.tracks()
    (locked,) = place(bench.host, (stem,), onto=USERS_TRACK)
    assert "locked" in locked.reason
    assert bench.host.tracks() == tracks
    assert bench.users_own() == before
    bench.unmark()
    with pytest.raises(CuelockError) as unmarked:
        bench.host.marked()
    assert unmarked.value.code == "host.marks"
    assert unmarked.value.message in bench.sound("wood is hit")


@plays
def test_an_engine_that_is_away_or_busy_is_a_sentence_and_nothing_moves(
    make: Make, busy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(PLAIN)
    before, tracks = bench.users_own(), bench.host.tracks()
    assert "The queue is full." in bench.sound("wood is hit")
    with monkeypatch.context() as patch:
        patch.setenv("CUELOCK_ENGINE", str(tmp_path / "away.json"))
        assert "away.json" in bench.sound("wood is hit")
    assert (bench.users_own(), bench.host.tracks()) == (before, tracks)


@plays
def test_a_film_that_is_gone_is_a_sentence_and_nothing_moves(
    make: Make, media: Path, tmp_path: Path, resident: Path
) -> None:
    film = tmp_path / "film.mp4"
    shutil.copy(movie(media, PLAIN.rate), film)
    bench = make(PLAIN, film)
    before, tracks = bench.users_own(), bench.host.tracks()
    away = film.rename(tmp_path / "away.mp4")
    assert "film.mp4" in bench.sound("wood is hit")
    away.rename(film)
    assert (bench.users_own(), bench.host.tracks()) == (before, tracks)


@plays
def test_a_take_of_another_rate_is_a_sentence_and_nothing_moves(
    make: Make, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*asked: object, **named: object) -> RenderReply:
        return rendered(media, PLAIN)

    monkeypatch.setattr(errands, "run", run)
    bench = make(Case("25", "01:00:00:00"))
    before, tracks = bench.users_own(), bench.host.tracks()
    with pytest.raises(CuelockError, match="the timeline runs at 25") as told:
        placed_in(bench.host, bench.host.marked(), NewSounds(), no_progress)
    assert told.value.code == "request.rate"
    assert (bench.users_own(), bench.host.tracks()) == (before, tracks)


def no_progress(stage: str, done: float) -> None:
    """Nobody listens."""


@plays_on
def test_a_stem_goes_to_a_named_track_of_the_users_where_there_is_room(
    make: Make, media: Path
) -> None:
    bench = make(PLAIN)
    (stem,) = stems(media, PLAIN)
    (placed,) = place(bench.host, (stem,), onto=USERS_TRACK)
    assert (placed.state, placed.track_name) == ("placed", USERS_TRACK)
    late = heard_at(bench.exported(), stem, bench.drift(PLAIN)) - stem.start
    assert 0 <= late <= bench.late(PLAIN)


@plays
def test_a_user_has_the_events_under_the_marks_marked_once(make: Make, own_home: Path) -> None:
    case = Case("30", "01:00:00:00")
    bench = make(case, BOUNCE)
    found = bench.events()
    start, stop = case.marks
    assert found
    assert all(start <= frame < stop for frame in found)
    assert bench.events() == found


@plays
def test_a_user_has_a_stem_made_and_the_host_plays_it_in_the_marks(
    make: Make, resident: Path
) -> None:
    bench = make(PLAIN)
    assert bench.sound("wood is hit") == ""
    exported = bench.exported()
    begin, end = (sample_of_frame(f, PLAIN.exact, 48_000) for f in PLAIN.marks)
    assert np.abs(exported[begin:end]).max() > HEARD
    assert np.abs(exported[:begin]).max(initial=0) <= HEARD
    assert np.abs(exported[end + bench.late(PLAIN) :]).max(initial=0) <= HEARD
