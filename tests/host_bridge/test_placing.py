"""Placing covers nothing, a second time changes nothing, and a host is not believed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from host_bridge.errors import CuelockError
from host_bridge.placing import OURS, known_take, place, plan, shown_at, takes_under
from host_bridge.timecode import FrameIndex, SampleIndex
from host_bridge.timeline import (
    MarkedRange,
    Marker,
    Piece,
    PlacedClip,
    Placement,
    Stem,
    Track,
)

TAKE = "8c1f00d2aa"
STEM = f"/out/scene.mov_rain_01-00-02-00_{TAKE}.wav"


class PlainHost:
    """A timeline in memory that does what it is told and refuses to cover anything."""

    name = "plain"

    def __init__(self, *tracks: Track, deaf: bool = False) -> None:
        self._tracks = list(tracks)
        self._deaf = deaf
        self.steps = 0

    def marked(self) -> MarkedRange:
        raise NotImplementedError

    def tracks(self) -> tuple[Track, ...]:
        return tuple(self._tracks)

    def place(self, plan: tuple[Placement, ...]) -> None:
        self.steps += 1
        if self._deaf:
            return
        for placement in plan:
            if placement.state != "place":
                continue
            stem = placement.stem
            if placement.track == len(self._tracks):
                self._tracks.append(track(placement.track_name, channels=stem.channels))
            there = self._tracks[placement.track]
            assert not there.locked
            assert there.channels == stem.channels
            assert all(
                clip.stop <= stem.start or clip.start >= stem.start + stem.samples
                for clip in there.clips
            )
            self._tracks[placement.track] = replace(
                there, clips=(*there.clips, clip_at(stem.start, stem.samples, stem.path))
            )

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        raise NotImplementedError


def track(
    name: str = f"{OURS} 1", *clips: PlacedClip, channels: int = 1, locked: bool = False
) -> Track:
    return Track(name=name, channels=channels, locked=locked, clips=clips)


def clip_at(start: int, samples: int, path: str = "/user.wav") -> PlacedClip:
    return PlacedClip(
        start=SampleIndex(start), stop=SampleIndex(start + samples), name="", path=path
    )


def stem_at(start: int, samples: int = 100, path: str = "a.wav", channels: int = 1) -> Stem:
    return Stem(
        path=path,
        take=TAKE,
        layer="rain",
        start=SampleIndex(start),
        samples=samples,
        channels=channels,
    )


@pytest.fixture
def wav(tmp_path: Path) -> str:
    path = tmp_path / "a.wav"
    path.touch()
    return str(path)


def test_a_stem_goes_to_a_free_track_of_ours(wav: str) -> None:
    host = PlainHost(track("Dialogue"), track(f"{OURS} 1", clip_at(1000, 100, STEM)))
    (placed,) = place(host, [stem_at(0, path=wav)])
    assert (placed.state, placed.track) == ("placed", 1)


def test_a_track_that_holds_nothing_but_stems_is_ours_whatever_its_name(wav: str) -> None:
    full = track("Audio 4", clip_at(1000, 100, STEM))
    (placed,) = place(PlainHost(track("Audio 3"), full), [stem_at(0, path=wav)])
    assert placed.track_name == "Audio 4"
    shared = track("Audio 4", clip_at(1000, 100, STEM), clip_at(2000, 100))
    (placed,) = place(PlainHost(shared), [stem_at(0, path=wav)])
    assert placed.track_name == f"{OURS} 1"


def test_the_users_own_track_is_left_alone_and_a_new_one_is_added(wav: str) -> None:
    host = PlainHost(track("Dialogue"))
    (placed,) = place(host, [stem_at(0, path=wav)])
    assert (placed.state, placed.track, placed.track_name) == ("placed", 1, f"{OURS} 1")
    assert host.tracks()[0].clips == ()


@pytest.mark.parametrize(
    "unfit",
    [
        track(f"{OURS} 1", clip_at(50, 100, STEM)),
        track(f"{OURS} 1", clip_at(1000, 100)),  # the artist named a track of theirs so
        track(f"{OURS} 1", locked=True),
        track(f"{OURS} 1", channels=2),
    ],
)
def test_an_unfit_track_is_passed_over(unfit: Track, wav: str) -> None:
    host = PlainHost(unfit)
    (placed,) = place(host, [stem_at(0, path=wav)])
    assert (placed.state, placed.track, placed.track_name) == ("placed", 1, f"{OURS} 2")
    assert host.tracks()[0] == unfit


def test_placing_twice_changes_nothing(wav: str) -> None:
    host = PlainHost()
    place(host, [stem_at(0, path=wav)])
    before = host.tracks()
    (again,) = place(host, [stem_at(0, path=wav)])
    assert again.state == "there"
    assert (host.tracks(), host.steps) == (before, 1)


def test_layers_of_one_range_are_one_step_on_tracks_of_their_own(wav: str) -> None:
    other = str(Path(wav).with_name("b.wav"))
    Path(other).touch()
    host = PlainHost()
    placed = place(host, [stem_at(0, path=wav), stem_at(0, path=other)])
    assert [one.state for one in placed] == ["placed", "placed"]
    assert (len(host.tracks()), host.steps) == (2, 1)


@pytest.mark.parametrize(
    ("there", "word"),
    [
        (track("FX", locked=True), "locked"),
        (track("FX", channels=2), "channels"),
        (track("FX", clip_at(50, 100)), "stands on"),
        (track("Music"), "no audio track"),
    ],
)
def test_a_named_track_that_cannot_take_it_says_why_and_nothing_moves(
    there: Track, word: str, wav: str
) -> None:
    host = PlainHost(there)
    (refused,) = place(host, [stem_at(0, path=wav)], onto="FX")
    assert refused.state == "refused"
    assert word in refused.reason
    assert (host.tracks(), host.steps) == ((there,), 0)


def test_one_refused_stem_keeps_the_others_from_moving(wav: str) -> None:
    host = PlainHost()
    refused = place(host, [stem_at(0, path=wav), stem_at(-10, path=wav)])
    assert [one.state for one in refused] == ["refused", "refused"]
    assert host.steps == 0


def test_a_host_that_only_says_yes_is_not_believed(wav: str) -> None:
    (refused,) = place(PlainHost(deaf=True), [stem_at(0, path=wav)])
    assert refused.state == "refused"
    assert "does not show it" in refused.reason


def test_a_stem_whose_file_is_gone_is_told_before_anything_moves(wav: str) -> None:
    host = PlainHost()
    with pytest.raises(CuelockError, match="not there"):
        place(host, [stem_at(0, path=wav), stem_at(0, path="/gone.wav")])
    assert host.steps == 0


spans = st.tuples(st.integers(0, 500), st.integers(1, 200))


@given(st.lists(st.tuples(st.booleans(), st.lists(spans, max_size=3)), max_size=4),
       st.lists(spans, min_size=1, max_size=4))  # fmt: skip
def test_no_plan_ever_covers_what_stands(
    there: list[tuple[bool, list[tuple[int, int]]]], wanted: list[tuple[int, int]]
) -> None:
    tracks = [
        track(f"{OURS} {n}", *(clip_at(*span, STEM) for span in clips), locked=locked)
        for n, (locked, clips) in enumerate(there)
    ]
    stems = [stem_at(*span, path=f"{n}.wav") for n, span in enumerate(wanted)]
    host = PlainHost(*tracks)
    planned = plan(tracks, stems)
    assert {one.state for one in planned} == {"place"}
    host.place(planned)  # the host asserts that nothing is covered
    assert [one.state for one in plan(host.tracks(), stems)] == ["there"] * len(stems)


def test_the_take_that_covers_most_of_the_marks_is_the_one_meant() -> None:
    marked = MarkedRange(
        host="plain", timeline="t", rate="25", first=FrameIndex(0), start=FrameIndex(0),
        stop=FrameIndex(25), pieces=(),
    )  # fmt: skip
    short, long = (replace(clip_at(0, n), take=take) for n, take in ((10, "a"), (30_000, "b")))
    later = replace(clip_at(48_000, 9), take="c")
    assert takes_under(marked, [track("x", short, later), track("y", long)]) == ("b", "a")


def test_a_clip_knows_its_take_by_its_file_or_once_that_was_renamed_by_its_own_name() -> None:
    assert known_take(clip_at(0, 1, STEM)) == TAKE
    assert known_take(replace(clip_at(0, 1, "/out/relinked.wav"), name=Path(STEM).name)) == TAKE
    assert known_take(replace(clip_at(0, 1, STEM), take="kept")) == "kept"
    assert known_take(clip_at(0, 1)) is None


def test_a_clip_stands_where_the_timeline_shows_most_of_the_seconds_that_are_meant() -> None:
    def piece(start: int, stop: int, media_start: int, path: str = "/a.mov", **more: str) -> Piece:
        return Piece(
            start=FrameIndex(start), stop=FrameIndex(stop), path=path,
            media_start=FrameIndex(media_start), media_rate="50", **more,
        )  # fmt: skip

    timeline = MarkedRange(
        host="", timeline="", rate="25", first=FrameIndex(90_000), start=FrameIndex(0),
        stop=FrameIndex(1000),
        pieces=(
            piece(10, 35, 0),  # its first second
            piece(100, 150, 100),  # two seconds, from the second after
            piece(200, 300, 100, speed="1/2"),
            piece(300, 400, 0, path="/b.mov"),
        ),
    )  # fmt: skip
    for start, stop, at in (
        (0, 1, Fraction(10, 25)), (Fraction(1, 2), 3, Fraction(100, 25) - 2),
        (2, 9, Fraction(100, 25) - 2), (4, 9, None), (1, 2, None),
    ):  # fmt: skip
        assert shown_at(timeline, "/a.mov", Fraction(start), Fraction(stop)) == at
    assert shown_at(timeline, "/c.mov", Fraction(0), Fraction(9)) is None
