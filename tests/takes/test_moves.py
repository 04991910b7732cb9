"""Moves between two timelines are what a frame-by-frame comparison of them says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio.opentime import RationalTime, TimeRange

from engine.takes.moves import Move, moves_between, read_moves
from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate, frame_of_label, label_of_frame

FILM, PAL, NTSC = Rate.parse("24000/1001"), Rate.parse("25"), Rate.parse("29.97 DF")
rates = pytest.mark.parametrize("rate", [FILM, PAL, NTSC], ids=str)


class Shot(NamedTuple):
    """Frames of a source; no media is a gap."""

    media: str
    source_in: int
    frames: int
    speed: float = 1


Write = Callable[[Path, list[Shot], Rate, int], Path]


def time_range(start: int, frames: int, rate: float) -> TimeRange:
    return TimeRange(RationalTime(start, rate), RationalTime(frames, rate))


def otio_item(shot: Shot, rate: float) -> otio.core.Item:
    if not shot.media:
        return otio.schema.Gap(source_range=time_range(0, shot.frames, rate))
    return otio.schema.Clip(
        name="shot",
        media_reference=otio.schema.ExternalReference(f"file:///{shot.media}.mov"),
        source_range=time_range(shot.source_in, shot.frames, rate),
        effects=[otio.schema.LinearTimeWarp(time_scalar=shot.speed)] if shot.speed != 1 else [],
    )


def save(path: Path, items: list[otio.core.Item], start: RationalTime | None = None) -> Path:
    timeline = otio.schema.Timeline(global_start_time=start)
    timeline.tracks.append(otio.schema.Track(kind="Audio"))
    timeline.tracks.append(otio.schema.Track(kind="Video", children=items))
    otio.adapters.write_to_file(timeline, str(path))
    return path


def as_otio(path: Path, shots: list[Shot], rate: Rate, start: int) -> Path:
    real = float(rate.exact)
    items = [otio_item(shot, real) for shot in shots]
    return save(path.with_suffix(".otio"), items, RationalTime(start, real))


def as_edl(path: Path, shots: list[Shot], rate: Rate, start: int) -> Path:
    lines = ["TITLE: a cut", f"FCM: {'DROP FRAME' if rate.drop else 'NON-DROP FRAME'}", ""]
    for number, shot in enumerate(shots, 1):
        source_out = shot.source_in + round(shot.frames * shot.speed)
        times = (shot.source_in, source_out, start, start + shot.frames)
        labels = " ".join(label_of_frame(time, rate) for time in times)
        start += shot.frames
        if not shot.media:
            continue
        lines.append(f"{number:03d}  AX       V     C        {labels}")
        if shot.speed != 1:
            source_in = label_of_frame(shot.source_in, rate)
            lines.append(f"M2   AX       {shot.speed * float(rate.exact):05.1f}        {source_in}")
        lines.append(f"* FROM CLIP NAME: {shot.media}.mov")
    path = path.with_suffix(".edl")
    path.write_text("\n".join(lines) + "\n")
    return path


writers = pytest.mark.parametrize("write", [as_otio, as_edl])


def moved(
    folder: Path, write: Write, old: list[Shot], new: list[Shot], rate: Rate = PAL
) -> list[Move]:
    """The moves between two cuts that both begin at frame 0."""
    return moves_between(
        write(folder / "old", old, rate, 0), write(folder / "new", new, rate, 0), rate
    )


# The law


def seen(shots: list[Shot], start: int) -> dict[int, tuple[str, int]]:
    """What each frame shows at its own speed: a media and its frame."""
    frames: dict[int, tuple[str, int]] = {}
    for shot in shots:
        if shot.media and shot.speed == 1:
            frames |= {start + n: (shot.media, shot.source_in + n) for n in range(shot.frames)}
        start += shot.frames
    return frames


shots = st.builds(
    Shot,
    media=st.sampled_from(["", "a", "b", "c"]),
    source_in=st.integers(0, 60),
    frames=st.integers(1, 40),
    speed=st.sampled_from([1, 1, 1, 0.5, 2]),
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[Shot], list[Shot]]:
    """A cut, and another made of parts of its shots and of new ones."""
    old = draw(st.lists(shots, min_size=1, max_size=8))
    new: list[Shot] = []
    for shot in draw(st.lists(st.sampled_from(old), max_size=8)):
        head = draw(st.integers(0, shot.frames - 1))
        new.append(
            shot._replace(
                source_in=shot.source_in + head,
                frames=draw(st.integers(1, shot.frames - head)),
            )
        )
        new += draw(st.lists(shots, max_size=1))
    return old, new or draw(st.lists(shots, min_size=1, max_size=3))


@rates
@writers
@given(edit=edits(), starts=st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)))
def test_a_frame_is_carried_where_its_source_frame_was_there_and_nowhere_else(
    write: Write, rate: Rate, edit: tuple[list[Shot], list[Shot]], starts: tuple[int, int]
) -> None:
    old, new = edit
    if write is as_edl and not all(any(shot.media for shot in cut) for cut in edit):
        return  # an EDL without events is refused
    with TemporaryDirectory() as folder:
        moves = moves_between(
            write(Path(folder, "old"), old, rate, starts[0]),
            write(Path(folder, "new"), new, rate, starts[1]),
            rate,
        )
    there, here = seen(old, starts[0]), seen(new, starts[1])
    carried = {
        move.new_in + n: move.old_in + n
        for move in moves
        for n in range(move.old_out - move.old_in)
    }
    assert {new: there[old] for new, old in carried.items()} == {
        frame: shown for frame, shown in here.items() if shown in there.values()
    }
    for move, later in pairwise(moves):
        assert move.new_out <= later.new_in
        assert (move.old_out, move.new_out) != (later.old_in, later.new_in)


@writers
@given(old=st.lists(shots, min_size=1, max_size=8))
def test_what_was_not_edited_stays_where_it_is(write: Write, old: list[Shot]) -> None:
    whole = [Shot("whole", 0, 10), *(shot._replace(speed=1) for shot in old if shot.media)]
    with TemporaryDirectory() as folder:
        moves = moved(Path(folder), write, whole, whole)
    carried = [range(move.new_in, move.new_out) for move in moves]
    assert sum(map(len, carried)) == sum(shot.frames for shot in whole)


# One edit at a time

A, B, C = Shot("a", 100, 50), Shot("b", 900, 30), Shot("c", 7, 20)


@rates
@writers
def test_an_inserted_shot_pushes_what_follows(tmp_path: Path, write: Write, rate: Rate) -> None:
    moves = moved(tmp_path, write, [A, B], [A, C, B], rate)
    assert moves == [Move(0, 50, 0), Move(50, 80, 70)]


@rates
@writers
def test_a_shot_inserted_within_another_parts_it(tmp_path: Path, write: Write, rate: Rate) -> None:
    parted = [Shot("a", 100, 20), C, Shot("a", 120, 30), B]
    moves = moved(tmp_path, write, [A, B], parted, rate)
    assert moves == [Move(0, 20, 0), Move(20, 80, 40)]


@rates
@writers
def test_a_deleted_shot_pulls_what_follows(tmp_path: Path, write: Write, rate: Rate) -> None:
    moves = moved(tmp_path, write, [A, C, B], [A, B], rate)
    assert moves == [Move(0, 50, 0), Move(70, 100, 50)]


@rates
@writers
def test_swapped_shots_change_places(tmp_path: Path, write: Write, rate: Rate) -> None:
    assert moved(tmp_path, write, [A, B], [B, A], rate) == [Move(50, 80, 0), Move(0, 50, 30)]


@rates
@writers
def test_a_trim_carries_what_is_left(tmp_path: Path, write: Write, rate: Rate) -> None:
    moves = moved(tmp_path, write, [A, B], [Shot("a", 110, 35), Shot("b", 905, 25)], rate)
    assert moves == [Move(10, 45, 0), Move(55, 80, 35)]


@rates
@writers
def test_a_longer_shot_carries_what_was_there(tmp_path: Path, write: Write, rate: Rate) -> None:
    assert moved(tmp_path, write, [A, B], [Shot("a", 95, 60), B], rate) == [
        Move(0, 50, 5),
        Move(50, 80, 60),
    ]


@writers
def test_a_shot_used_twice_moves_twice(tmp_path: Path, write: Write) -> None:
    assert moved(tmp_path, write, [A, B], [A, B, A]) == [Move(0, 80, 0), Move(0, 50, 80)]


@writers
def test_the_longest_run_covers_a_stretch_and_others_the_rest(tmp_path: Path, write: Write) -> None:
    old = [Shot("a", 100, 20), B, Shot("a", 110, 40), C, Shot("a", 130, 40)]
    moves = moved(tmp_path, write, old, [Shot("a", 100, 65)])
    assert moves == [Move(0, 10, 0), Move(50, 90, 10), Move(130, 145, 50)]


@writers
def test_of_equal_runs_the_earliest_is_taken(tmp_path: Path, write: Write) -> None:
    assert moved(tmp_path, write, [C, A, B, A], [A]) == [Move(20, 70, 0)]


@writers
def test_a_cut_between_following_frames_is_no_cut(tmp_path: Path, write: Write) -> None:
    cut = [Shot("a", 100, 30), Shot("a", 130, 20)]
    assert moved(tmp_path, write, [Shot("a", 100, 40), *cut], [A]) == [Move(40, 90, 0)]
    assert moved(tmp_path, write, [A], cut) == [Move(0, 50, 0)]


@pytest.mark.parametrize("speeds", [(1, 0.5), (2, 1), (2, 2)])
@writers
def test_a_retimed_shot_is_not_carried(
    tmp_path: Path, write: Write, speeds: tuple[float, float]
) -> None:
    old, new = ([A._replace(speed=speed), B] for speed in speeds)
    assert moved(tmp_path, write, old, new) == [Move(50, 80, 50)]


@rates
@writers
def test_timelines_may_start_at_different_hours(tmp_path: Path, write: Write, rate: Rate) -> None:
    one, ten = (frame_of_label(label, rate) for label in ("01:00:00:00", "10:00:00:00"))
    old = write(tmp_path / "old", [A, B], rate, one)
    new = write(tmp_path / "new", [B, A], rate, ten)
    assert moves_between(old, new, rate) == [
        Move(one + 50, one + 80, ten),
        Move(one, one + 50, ten + 30),
    ]


# OpenTimelineIO


def otio_moves(
    folder: Path,
    old: list[otio.core.Item],
    new: list[otio.core.Item],
    rate: Rate = PAL,
) -> list[Move]:
    return moves_between(save(folder / "old.otio", old), save(folder / "new.otio", new), rate)


def named(name: str, start: int, frames: int, rate: float = 25) -> otio.schema.Clip:
    return otio.schema.Clip(name=name, source_range=time_range(start, frames, rate))


def test_a_timeline_without_a_start_starts_at_0(tmp_path: Path) -> None:
    assert otio_moves(tmp_path, [named("a", 5, 10)], [named("a", 8, 9)]) == [Move(3, 10, 0)]


def test_a_start_written_at_the_nominal_rate_is_a_label(tmp_path: Path) -> None:
    items = [named("a", 5, 10, float(FILM.exact))]
    old = save(tmp_path / "old.otio", items, RationalTime(86_400, 24))
    assert moves_between(old, old, FILM) == [Move(86_400, 86_410, 86_400)]


@pytest.mark.parametrize("written", [23.976, 23.98, 24000 / 1001])
def test_a_rate_written_with_few_digits_is_the_exact_one(tmp_path: Path, written: float) -> None:
    old = [named("a", 500_000, 40, written), named("b", 0, 9, written)]
    new = [named("b", 0, 9, 24000 / 1001), named("a", 500_001, 39, 24000 / 1001)]
    assert otio_moves(tmp_path, old, new, FILM) == [Move(40, 49, 0), Move(1, 40, 9)]


def test_media_of_another_rate_moves_by_the_nearest_frame(tmp_path: Path) -> None:
    # 48 frames at 24 are 50 at 25; a trim of 5 source frames lies at 5.21 of the timeline's.
    trimmed = otio.schema.Clip(
        name="a", source_range=TimeRange(RationalTime(5, 24), RationalTime(43, 25))
    )
    assert otio_moves(tmp_path, [named("a", 0, 48, 24)], [trimmed]) == [Move(5, 48, 0)]


def test_clips_of_one_name_and_other_files_do_not_match(tmp_path: Path) -> None:
    items = [otio_item(shot, 25) for shot in (A, A._replace(media="b"))]
    assert otio_moves(tmp_path, items[:1], items[1:]) == []


def test_clips_of_no_name_and_no_file_do_not_match(tmp_path: Path) -> None:
    assert otio_moves(tmp_path, [named("", 0, 9)], [named("", 0, 9)]) == []


def test_a_clip_without_a_range_shows_all_its_media(tmp_path: Path) -> None:
    reference = otio.schema.ExternalReference("a.mov", time_range(100, 30, 25))
    whole = otio.schema.Clip(media_reference=reference)
    part = otio.schema.Clip(
        media_reference=reference.deepcopy(), source_range=time_range(110, 5, 25)
    )
    assert otio_moves(tmp_path, [whole], [part]) == [Move(10, 15, 0)]


def test_transitions_are_cuts(tmp_path: Path) -> None:
    dissolve = otio.schema.Transition(
        transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
        in_offset=RationalTime(3, 25),
        out_offset=RationalTime(3, 25),
    )
    new = [named("a", 0, 10), dissolve, named("b", 50, 10)]
    assert otio_moves(tmp_path, [named("b", 50, 10)], new) == [Move(0, 10, 10)]


def test_a_disabled_clip_is_a_gap(tmp_path: Path) -> None:
    off = named("a", 0, 10)
    off.enabled = False
    new = [named("a", 0, 10), named("b", 0, 5)]
    assert otio_moves(tmp_path, [off, named("b", 0, 5)], new) == [Move(10, 15, 10)]


def nest(*tracks: list[otio.core.Item], start: int, frames: int) -> otio.schema.Stack:
    """Tracks from the lowest to the highest, of which frames from start on are seen."""
    return otio.schema.Stack(
        children=[otio.schema.Track(kind="Video", children=track) for track in tracks],
        source_range=time_range(start, frames, 25),
    )


def test_a_nest_shows_its_highest_clip_within_its_range(tmp_path: Path) -> None:
    low = [named("a", 0, 10), named("b", 50, 30)]
    high = [otio.schema.Gap(source_range=time_range(0, 20, 25)), named("c", 5, 20)]
    new: list[otio.core.Item] = [named("d", 0, 4), nest(low, high, start=8, frames=17)]
    old = [named("c", 0, 100), named("b", 0, 100), named("a", 0, 100)]
    assert otio_moves(tmp_path, old, new) == [
        Move(208, 210, 4),
        Move(150, 160, 6),
        Move(5, 10, 16),
    ]


def test_a_dissolve_under_a_gap_of_a_nest_is_a_cut(tmp_path: Path) -> None:
    dissolve = otio.schema.Transition(in_offset=RationalTime(3, 25), out_offset=RationalTime(3, 25))
    low = [named("a", 0, 10), dissolve, named("b", 0, 10)]
    high = [otio.schema.Gap(source_range=time_range(0, 11, 25)), named("c", 0, 9)]
    new: list[otio.core.Item] = [nest(low, high, start=0, frames=20)]
    assert otio_moves(tmp_path, [named("b", 0, 10)], new) == [Move(0, 1, 10)]


def test_a_nest_in_a_nest_is_followed_and_a_retimed_one_is_not(tmp_path: Path) -> None:
    inner = nest([named("a", 0, 50)], start=10, frames=30)
    outer = nest([named("b", 0, 5), inner], start=7, frames=20)
    old: list[otio.core.Item] = [named("a", 0, 50)]
    assert otio_moves(tmp_path, old, [outer]) == [Move(12, 32, 0)]
    slow = outer.deepcopy()
    slow.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    assert otio_moves(tmp_path, old, [slow]) == []


@pytest.mark.parametrize(
    ("effect", "carried"),
    [
        (otio.schema.LinearTimeWarp(time_scalar=1), True),
        (otio.schema.LinearTimeWarp(time_scalar=-1), False),
        (otio.schema.FreezeFrame(), False),
        (otio.schema.TimeEffect(), False),
        (otio.schema.Effect(effect_name="blur"), True),
    ],
)
def test_only_effects_on_time_keep_a_clip_from_being_carried(
    tmp_path: Path, effect: otio.schema.Effect, carried: bool
) -> None:
    clip = named("a", 0, 10)
    clip.effects.append(effect)
    assert bool(otio_moves(tmp_path, [named("a", 0, 10)], [clip])) == carried


# CMX3600

DISSOLVE = """TITLE: dissolve
FCM: NON-DROP FRAME

001  REEL_A   V     C        00:00:04:00 00:00:06:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: a.mov
002  REEL_A   V     C        00:00:06:00 00:00:06:00 01:00:02:00 01:00:02:00
002  REEL_B   V     D    012 00:00:20:00 00:00:22:00 01:00:02:00 01:00:04:00
EFFECTS NAME IS CROSS DISSOLVE
* FROM CLIP NAME: a.mov
* TO CLIP NAME: b.mov
003  BL       V     C        00:00:00:00 00:00:01:00 01:00:04:00 01:00:05:00
004  REEL_C   AA/V  W001 012 00:00:00:00 00:00:01:00 01:00:05:00 01:00:06:00
"""
STRAIGHT = """TITLE: straight
001  XYZ      V     C        00:00:20:10 00:00:21:10 00:00:00:00 00:00:01:00
* from clip name:  b.mov
002  REEL_C   B     C        00:00:00:00 00:00:01:00 00:00:01:00 00:00:02:00
002  REEL_A   A     C        00:00:04:00 00:00:05:00 00:00:01:00 00:00:02:00
003  REEL_A   V2    C        00:00:04:00 00:00:05:00 00:00:01:00 00:00:02:00
004  BL       V     C        00:00:00:00 00:00:01:00 00:00:02:00 00:00:03:00
005  REEL_X   V     C        00:00:04:00 00:00:06:00 00:00:03:00 00:00:05:00
* FROM CLIP NAME: a.mov
"""


def edl(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.edl"
    path.write_text(text)
    return path


def test_a_dissolve_is_a_cut_to_its_clip_and_sound_black_and_upper_tracks_are_nothing(
    tmp_path: Path,
) -> None:
    old, new = edl(tmp_path, "old", DISSOLVE), edl(tmp_path, "new", STRAIGHT)
    assert moves_between(old, new, PAL) == [
        Move(90_060, 90_085, 0),
        Move(90_125, 90_150, 25),
        Move(90_000, 90_050, 75),
    ]


def event(times: str, reel: str = "R1") -> str:
    return f"001  {reel}       V     C        {times}\n"


@pytest.mark.parametrize(
    ("head", "times", "frame"),
    [
        ("FCM: DROP FRAME\n", "01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00", 107_892),
        ("FCM: NON-DROP FRAME\n", "01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00", 108_000),
        ("FCM: NON-DROP FRAME\n", "01:00:00:00 01:00:01:00 01:00:00;00 01:00:01;00", 107_892),
        ("", "01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00", 107_892),
    ],
)
def test_labels_are_counted_as_the_edl_says(
    tmp_path: Path, head: str, times: str, frame: int
) -> None:
    path = edl(tmp_path, "old", head + event(times))
    assert moves_between(path, path, NTSC) == [Move(frame, frame + 30, frame)]


def test_an_edl_says_drop_frame_in_vain_where_labels_cannot_drop(tmp_path: Path) -> None:
    text = "FCM: DROP FRAME\n" + event("00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00")
    path = edl(tmp_path, "old", text)
    assert moves_between(path, path, PAL) == [Move(90_000, 90_025, 90_000)]


@pytest.mark.parametrize(
    ("speed", "carried"), [("025.0", True), ("012.5", False), ("-25.0", False), ("000.0", False)]
)
def test_a_speed_line_counts_for_its_own_reel(tmp_path: Path, speed: str, carried: bool) -> None:
    times = "00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00"
    slow = f"M2   R1       {speed}                00:00:00:00\n"
    old = edl(tmp_path, "old", event(times))
    assert bool(moves_between(old, edl(tmp_path, "new", event(times) + slow), PAL)) == carried
    other = edl(tmp_path, "new", event(times) + slow.replace("R1", "R2"))
    assert moves_between(old, other, PAL) == [Move(90_000, 90_025, 90_000)]


def test_a_name_in_an_old_encoding_is_told_from_others(tmp_path: Path) -> None:
    times = "00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00"
    paths = [tmp_path / "one.edl", tmp_path / "two.edl"]
    for path, name in zip(paths, ("café", "cafè"), strict=True):
        path.write_bytes(f"{event(times)}* FROM CLIP NAME: {name}\n".encode("latin-1"))
    assert moves_between(paths[0], paths[1], PAL) == []
    assert len(moves_between(paths[0], paths[0], PAL)) == 1


# What is refused


@pytest.mark.parametrize(
    ("name", "text", "code", "word"),
    [
        ("a.mp4", "", "request.path", "no timeline that cuelock reads"),
        ("a.xml", "<xmeml/>", "request.path", "no sequence"),
        ("a.otio", "no json", "request.path", "a.otio"),
        ("a.otio", '{"OTIO_SCHEMA": "Timeline.1"}', "request.path", "a.otio"),
        ("a.otio", '{"OTIO_SCHEMA": "Timeline.99"}', "request.path", "a.otio"),
        ("a.otio", '{"a": 1}', "request.path", "no single timeline"),
        ("a.edl", "", "request.path", "no events"),
        ("a.edl", "\n001  R V C 00:00:00:00\n", "request.path", "Line 2"),
        (
            "a.edl",
            event("00:00:00:00 00:00:01:00 01:00:00:25 01:00:01:00"),
            "request.path",
            "Line 1",
        ),
        (
            "a.edl",
            event("00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00") + "M2 R1 fast\n",
            "request.path",
            "Line 2",
        ),
        (
            "a.edl",
            event("00:00:00:00 00:00:01:00 01:00:01:00 01:00:00:00"),
            "request.range",
            "Line 1",
        ),
        (
            "a.edl",
            event("00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00")
            + event("00:00:00:00 00:00:01:00 01:00:00:24 01:00:01:24"),
            "request.range",
            "Lines 1 and 2",
        ),
    ],
)
def test_a_timeline_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, text: str, code: str, word: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CuelockError) as caught:
        moves_between(path, path, PAL)
    assert caught.value.code == code
    assert name in caught.value.message
    assert word in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("rate", [0, float("nan")])
def test_a_time_that_is_none_is_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(CuelockError) as caught:
        otio_moves(tmp_path, [named("a", 0, 9, rate)], [])
    assert caught.value.code == "request.path"


def test_a_clip_of_no_length_known_and_a_timeline_of_sound_alone_are_refused(
    tmp_path: Path,
) -> None:
    endless = save(tmp_path / "a.otio", [otio.schema.Clip(name="a")])
    sound = tmp_path / "b.otio"
    otio.adapters.write_to_file(otio.schema.Timeline(), str(sound))
    for path in (endless, sound):
        with pytest.raises(CuelockError) as caught:
            moves_between(path, path, PAL)
        assert caught.value.code == "request.path"


@pytest.mark.parametrize("name", ["gone.otio", "gone.edl", "gone.csv"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(CuelockError) as caught:
        read_moves(path, PAL) if path.suffix == ".csv" else moves_between(path, path, PAL)
    assert caught.value.code == "request.path"
    assert str(path) in caught.value.message


# Lists of moves


def listed(folder: Path, text: str) -> Path:
    path = folder / "moves.csv"
    path.write_text(text)
    return path


def test_a_list_of_moves_is_read_in_labels_and_frames_and_sorted(tmp_path: Path) -> None:
    path = listed(
        tmp_path,
        "# the recut of reel 2\n\nold_in, old_out, new_in\n"
        "107922f,107952f,01:00:02;00\n# first\n01:00:00;00,01:00:01;00,01:00:00;00\n",
    )
    assert read_moves(path, NTSC) == [
        Move(107_892, 107_922, 107_892),
        Move(107_922, 107_952, 107_952),
    ]


def test_listed_moves_that_continue_each_other_are_one(tmp_path: Path) -> None:
    path = listed(tmp_path, "old_in,old_out,new_in\n10f,20f,110f\n0f,10f,100f\n")
    assert read_moves(path, PAL) == [Move(0, 20, 100)]


@pytest.mark.parametrize(
    ("row", "code", "word"),
    [
        ("0f,10f", "request.path", "Line 4"),
        ("0f,10f,20f,30f", "request.path", "Line 4"),
        ("0f,ten,20f", "request.path", "Line 4"),
        ("0f,2.5s,20f", "request.path", "Line 4"),
        ("00:00:00:00,00:00:00:25,20f", "request.path", "Line 4"),
        ("10f,10f,20f", "request.range", "Line 4"),
        ("10f,9f,20f", "request.range", "Line 4"),
        ("0f,10f,109f", "request.range", "Lines 3 and 4"),
        ("0f,10f,91f", "request.range", "Lines 4 and 3"),
    ],
)
def test_a_row_that_cannot_be_is_named_by_its_line(
    tmp_path: Path, row: str, code: str, word: str
) -> None:
    path = listed(tmp_path, f"# moves\nold_in,old_out,new_in\n0f,10f,100f\n{row}\n")
    with pytest.raises(CuelockError) as caught:
        read_moves(path, PAL)
    assert caught.value.code == code
    assert word in caught.value.message


@pytest.mark.parametrize("text", ["", "0f,10f,20f\n", "old,new\n"])
def test_a_list_without_its_header_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CuelockError) as caught:
        read_moves(listed(tmp_path, text), PAL)
    assert caught.value.code == "request.path"
    assert "old_in,old_out,new_in" in caught.value.hint


def test_only_a_csv_is_a_list_of_moves(tmp_path: Path) -> None:
    with pytest.raises(CuelockError) as caught:
        read_moves(tmp_path / "moves.txt", PAL)
    assert caught.value.code == "request.path"
