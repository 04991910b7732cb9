"""Every known pitfall of Resolve: each test fails when its mend is taken out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from resolve_bench import ResolveBench
from resolve_fake import FakeItem, FakeMedia, FakeProject, FakeResolve, FakeTrack
from scripted_bench import states, stem_at

from host_bridge.errors import CuelockError
from host_bridge.placing import place, plan
from host_bridge.resolve.host import ResolveHost
from host_bridge.timecode import FrameIndex, Rate, sample_of_frame
from host_bridge.timeline import MarkedRange, Marker

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"


@pytest.fixture
def bench() -> ResolveBench:
    fake = FakeResolve()
    made = ResolveBench(fake, ResolveHost(fake))
    made.timeline("25", "01:00:00:00")
    return made


def project_of(bench: ResolveBench) -> FakeProject:
    assert bench.resolve.project is not None
    return bench.resolve.project


def sample(frame: int, rate: str = "25") -> int:
    return sample_of_frame(frame, Rate.parse(rate), 48_000)


# three origins


def test_what_is_placed_counts_from_midnight(bench: ResolveBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, sample(31))])
    (item,) = bench.fake.tracks["audio"][0].items
    assert (item.start, item.ghost) == (90_031, False)


def test_marks_and_markers_count_from_the_timelines_start(bench: ResolveBench) -> None:
    bench.fake.marks = {"video": {"in": 31, "out": 76}}
    assert bench.host.marked().start == 31
    bench.host.put_markers((Marker(frame=FrameIndex(31), name="75%", key="k"),))
    assert list(bench.fake.marked) == [31]


def test_the_frame_of_the_out_mark_is_meant_too(bench: ResolveBench) -> None:
    bench.fake.marks = {"video": {"in": 31, "out": 76}}
    assert bench.host.marked().stop == 77


@pytest.mark.parametrize("marks", [{}, {"video": {"in": 3}}, {"audio": {"out": 3}}])
def test_half_a_range_is_none(bench: ResolveBench, marks: dict[str, dict[str, int]]) -> None:
    bench.fake.marks = marks
    with pytest.raises(CuelockError, match="No range is marked"):
        bench.host.marked()


def test_marks_for_sound_alone_are_marks(bench: ResolveBench) -> None:
    bench.fake.marks = {"audio": {"in": 3, "out": 9}}
    assert (bench.host.marked().start, bench.host.marked().stop) == (3, 10)


def test_the_artists_marks_stay_where_they_are(bench: ResolveBench, tmp_path: Path) -> None:
    bench.mark(31, 77)
    place(bench.host, [stem_at(tmp_path, sample(31))])
    assert bench.fake.marks == {"video": {"in": 31, "out": 76}}


# rates in every form


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("29.97 DF", "30000/1001 DF"), ("29.97", "30000/1001"), (29.97, "30000/1001"),
        ("24.0", "24"), (24, "24"), (23.976, "24000/1001"), ("23.98", "24000/1001"),
        ("59.94 DF", "60000/1001 DF"), (119.88, "120000/1001"),
    ],
)  # fmt: skip
def test_the_frame_rate_is_read_in_every_form(
    bench: ResolveBench, said: object, meant: str
) -> None:
    bench.fake.rate = said
    bench.mark(0, 10)
    assert bench.host.marked().rate == meant


# what is not done


def test_an_append_is_not_believed(bench: ResolveBench, tmp_path: Path) -> None:
    """A clip that came between plan and placing: Resolve drops ours, and the list says nothing."""
    bench.track("cuelock 1")
    planned = plan(bench.host.tracks(), [stem_at(tmp_path, sample(31))])
    bench.clip("cuelock 1", Path("own.wav"), 40)
    bench.host.place(planned)
    assert [clip.file for clip in bench.sounding()] == ["own.wav"]


def test_what_vanishes_when_the_project_is_saved_is_not_reported_as_placed(
    bench: ResolveBench, tmp_path: Path
) -> None:
    bench.track("FX 1")
    bench.track("FX 2")
    rain, wind = (stem_at(tmp_path, sample(31), layer=name) for name in ("rain", "wind"))
    planned = (
        *plan(bench.host.tracks(), [rain], onto="FX 1"),
        *plan(bench.host.tracks(), [wind], onto="FX 2"),
    )
    bench.clip("FX 2", Path("own.wav"), 40)
    bench.host.place(planned)
    assert bench.host.tracks()[0].clips == ()


def test_a_project_that_was_never_saved_is_not_saved(bench: ResolveBench, tmp_path: Path) -> None:
    project_of(bench).name = "Untitled Project"
    assert states(place(bench.host, [stem_at(tmp_path, sample(31))])) == ["placed"]


def test_a_track_that_stays_empty_is_taken_away_again(bench: ResolveBench, tmp_path: Path) -> None:
    bench.timeline("25", "01:00:00:00")
    stem = stem_at(tmp_path, sample(31))
    project_of(bench).pool.AppendToTimeline = lambda clips: []  # pyright: ignore
    assert states(place(bench.host, [stem])) == ["refused"]
    assert bench.fake.tracks["audio"] == []


def test_a_track_that_is_not_added_is_a_sentence(bench: ResolveBench, tmp_path: Path) -> None:
    bench.fake.takes_tracks = False
    with pytest.raises(CuelockError, match="did not add a track"):
        place(bench.host, [stem_at(tmp_path, sample(31))])
    assert bench.sounding() == []


def test_a_file_that_is_not_imported_is_a_sentence(bench: ResolveBench, tmp_path: Path) -> None:
    project_of(bench).pool.refuses = True
    with pytest.raises(CuelockError, match="did not import"):
        place(bench.host, [stem_at(tmp_path, sample(31))])
    assert (bench.sounding(), bench.undo_steps()) == ([], 0)


def test_a_new_track_has_the_stems_kind(bench: ResolveBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, sample(31), channels=2)])
    (track,) = bench.fake.tracks["audio"]
    assert (track.name, track.subtype) == ("cuelock 1", "stereo")


# the media pool


def test_stems_lie_in_a_bin_of_their_own_and_the_current_bin_stays(
    bench: ResolveBench, tmp_path: Path
) -> None:
    pool = project_of(bench).pool
    place(bench.host, [stem_at(tmp_path, sample(31))])
    assert pool.current is pool.root
    assert pool.root.clips == []
    assert [folder.name for folder in pool.root.folders] == ["cuelock"]


def test_a_file_is_imported_once(bench: ResolveBench, tmp_path: Path) -> None:
    place(bench.host, [stem_at(tmp_path, sample(31))])
    place(bench.host, [stem_at(tmp_path, sample(200))])
    assert len(project_of(bench).pool.root.folders[0].clips) == 1
    assert len(bench.sounding()) == 2


@pytest.mark.parametrize(("rate", "sound_rate"), [("25", 24.0), ("24", 25.0), ("25", "23.976")])
def test_a_stem_is_heard_to_its_end_when_sounds_run_at_another_rate(
    bench: ResolveBench, tmp_path: Path, rate: str, sound_rate: object
) -> None:
    bench.timeline(rate, "01:00:00:00")
    project_of(bench).sound_rate = sound_rate
    length = sample(26, rate)
    place(bench.host, [stem_at(tmp_path, sample(31, rate), samples=length)])
    (clip,) = bench.sounding()
    assert clip.stop >= clip.start + length


@pytest.mark.parametrize("frames", [3, 5, 1234])
def test_no_frame_is_asked_for_beyond_the_stem_at_the_timelines_own_rate(
    bench: ResolveBench, tmp_path: Path, frames: int
) -> None:
    bench.timeline("29.97 DF", "01:00:00:00")
    length = sample(31 + frames, "29.97") - sample(31, "29.97")
    place(bench.host, [stem_at(tmp_path, sample(31, "29.97"), samples=length)])
    (item,) = bench.fake.tracks["audio"][0].items
    assert item.stop - item.start == frames


def test_a_stem_between_frames_is_refused(bench: ResolveBench, tmp_path: Path) -> None:
    with pytest.raises(CuelockError, match="does not begin on a frame"):
        place(bench.host, [stem_at(tmp_path, sample(31) + 7)])
    assert (bench.sounding(), bench.undo_steps()) == ([], 0)


def test_a_clip_that_begins_between_frames_keeps_its_place_free(
    bench: ResolveBench, tmp_path: Path
) -> None:
    bench.track("cuelock 1")
    half = Fraction(1, 2)
    bench.fake.tracks["audio"][0].items.append(
        FakeItem(90_000 + half, 90_010 + half, FakeMedia("own.wav", 25.0))
    )
    clip = bench.host.tracks()[0].clips[0]
    assert (clip.start, clip.stop) == (960, 20_160)


# the picture


def under(bench: ResolveBench, *items: FakeItem, above: FakeItem | None = None) -> MarkedRange:
    bench.mark(20, 50)
    bench.fake.tracks["video"] = [FakeTrack("Video 1", items=list(items))]
    if above is not None:
        bench.fake.tracks["video"].append(FakeTrack("Video 2", items=[above]))
    return bench.host.marked()


def movie(start: int, stop: int, fps: object = 25.0, path: str = "/a.mov") -> FakeItem:
    return FakeItem(Fraction(90_000 + start), Fraction(90_000 + stop), FakeMedia(path, fps), left=5)


def test_a_retimed_clip_is_told_although_its_speed_cannot_be_read(bench: ResolveBench) -> None:
    item = movie(10, 60, path=str(BOUNCE))
    item.shown = Fraction(100)
    with pytest.raises(CuelockError, match="is retimed") as told:
        under(bench, item)
    assert told.value.code == "host.retimed"


def test_a_retimed_clip_outside_the_marks_is_nobodys_concern(bench: ResolveBench) -> None:
    item = movie(60, 90)
    item.shown = Fraction(100)
    assert len(under(bench, movie(10, 60), item).pieces) == 1


def test_a_clip_of_another_rate_is_counted_at_its_own(bench: ResolveBench) -> None:
    item = movie(10, 60, fps="23.976")
    item.shown = Fraction(48)
    (piece,) = under(bench, item).pieces
    assert (piece.media_rate, piece.media_start) == ("24000/1001", 5 + 9)


def test_the_topmost_clip_is_seen_and_titles_are_seen_through(bench: ResolveBench) -> None:
    title = FakeItem(Fraction(90_000), Fraction(90_100), None)
    pieces = under(bench, movie(10, 60), title, above=movie(30, 40, path="/b.mov")).pieces
    assert [(p.path, p.start, p.stop) for p in pieces] == [
        ("/a.mov", 20, 30), ("/b.mov", 30, 40), ("/a.mov", 40, 50),
    ]  # fmt: skip


def test_what_is_switched_off_is_not_seen(bench: ResolveBench) -> None:
    off = movie(10, 60, path="/off.mov")
    off.enabled = False
    assert [p.path for p in under(bench, movie(10, 60), above=off).pieces] == ["/a.mov"]
    bench.fake.tracks["video"][0].enabled = False
    assert bench.host.marked().pieces == ()


def test_a_clip_without_a_file_is_told(bench: ResolveBench) -> None:
    with pytest.raises(CuelockError, match="no file of its own"):
        under(bench, movie(10, 60, path=""))


# versions and open doors


def test_a_resolve_too_old_for_marks_is_told_by_its_version() -> None:
    old = FakeResolve(version=(19, 0, 3))
    assert hasattr(old, "GetMarkInOut")
    with pytest.raises(CuelockError, match="too old"):
        ResolveHost(old)


def test_nothing_open_is_a_sentence(bench: ResolveBench) -> None:
    project_of(bench).timeline = None
    with pytest.raises(CuelockError, match="No timeline is open"):
        bench.host.tracks()
    bench.resolve.project = None
    with pytest.raises(CuelockError, match="No timeline is open"):
        bench.host.tracks()


# markers


def test_a_marker_of_the_users_at_the_same_frame_stays(bench: ResolveBench) -> None:
    bench.fake.marked[40] = {"color": "Red", "name": "mine", "note": "", "customData": ""}
    bench.host.put_markers((Marker(frame=FrameIndex(40), name="75%", key="k"),))
    assert bench.markers() == [(40, "mine")]


def test_a_marker_that_the_artist_moved_is_known_by_its_data_and_not_set_again(
    bench: ResolveBench,
) -> None:
    marker = Marker(frame=FrameIndex(40), name="75%", key="k")
    bench.host.put_markers((marker,))
    bench.fake.marked[43] = bench.fake.marked.pop(40)
    bench.host.put_markers((marker,))
    assert bench.markers() == [(43, "75%")]


def test_the_note_of_a_marker_named_cuelock_says_what_to_hear(bench: ResolveBench) -> None:
    assert isinstance(bench.host, ResolveHost)
    bench.mark(20, 50)
    for frame, name, note in [
        (10, "cuelock", "before"), (30, "Cuelock", "rain on tin "), (25, "cuelock", "wind"),
        (31, "grade", "too dark"), (50, "cuelock", "behind"), (32, "cuelock", ""),
    ]:  # fmt: skip
        bench.fake.AddMarker(frame, "Blue", name, note, 1)
    assert bench.host.words(bench.host.marked()) == ("wind", "rain on tin")
