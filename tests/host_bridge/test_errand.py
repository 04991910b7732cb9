"""What a host's script sends out: which file is seen, which take is meant, which region of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from host_bridge.errand import Errand, NewTexture, region_under, seen, take_meant
from host_bridge.errors import CuelockError
from host_bridge.placing import markers_of, stems_of
from host_bridge.protocol import (
    Measures,
    RangeReport,
    RenderReply,
    RenderRequest,
    SpotReply,
    SpottedEvent,
    StemReport,
    TakeRecord,
)
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame
from host_bridge.timeline import MarkedRange, Piece

RATES = ("24000/1001", "25", "30000/1001 DF", "60000/1001")
LABELS = ("00:00:00:00", "01:00:00:00", "23:59:58:00")


def piece(start: int = 0, stop: int = 1000, **changes: object) -> Piece:
    plain = Piece(
        start=FrameIndex(start), stop=FrameIndex(stop), path="/a.mov", media_start=FrameIndex(0),
        media_rate="25",
    )  # fmt: skip
    return replace(plain, **changes)


def marked_at(
    start: int, stop: int, *pieces: Piece, rate: str = "25", first: int = 0
) -> MarkedRange:
    return MarkedRange(
        host="plain", timeline="t", rate=rate, first=FrameIndex(first), start=FrameIndex(start),
        stop=FrameIndex(stop), pieces=pieces,
    )  # fmt: skip


@given(
    st.sampled_from(RATES), st.sampled_from(LABELS), st.integers(0, 200), st.integers(0, 300),
    st.integers(0, 500), st.integers(1, 200),
)  # fmt: skip
def test_a_frame_of_the_file_seen_bears_the_label_that_the_timeline_shows(
    rate: str, label: str, at: int, media_start: int, start: int, length: int
) -> None:
    counted = Rate.parse(rate)
    first = frame_of_label(label, counted)
    shown = piece(at, at + 1000, media_start=media_start, media_rate=rate)
    marks = marked_at(at + start, at + start + length, shown, rate=rate, first=first)
    found = seen(marks)
    assert found.frames == (media_start + start, media_start + start + length)
    origin = frame_of_label(found.start_timecode, counted)
    assert label_of_frame(origin + found.frames.start, counted) == label_of_frame(
        first + marks.start, counted
    )


def test_frames_of_another_rate_are_counted_at_the_timelines() -> None:
    found = seen(marked_at(10, 60, piece(media_start=24, media_rate="24")))
    assert found.frames == (35, 85)


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ((), "host.marks"),
        ((piece(0, 40), piece(40, 1000)), "host.retimed"),
        ((piece(5, 40),), "host.retimed"),
        ((piece(speed="1/2"),), "host.retimed"),
        ((piece(speed="-1"),), "host.retimed"),
    ],
)
def test_what_is_no_one_plain_clip_is_refused(pieces: tuple[Piece, ...], code: str) -> None:
    with pytest.raises(CuelockError) as raised:
        seen(marked_at(10, 60, *pieces))
    assert raised.value.code == code


def test_the_take_under_the_marks_is_meant_and_a_named_one_before_it() -> None:
    errand = Errand(marked=marked_at(0, 25), tracks=(), want=NewTexture(), to="/out")
    assert take_meant(NewTexture(take="abc"), errand) == "abc"
    with pytest.raises(CuelockError, match="No stem"):
        take_meant(NewTexture(), errand)


def record(range_in: str, frames: int, rate: str = "25") -> TakeRecord:
    return TakeRecord(
        take="t", request=RenderRequest(clip="/a.mov", layers=(), to="/"), layers=(),
        reply=RenderReply(
            take="t", stems=(), curves=(), preview=None, plot="", seconds={},
            range=RangeReport(range_in=range_in, range_out="", rate=rate, frames=frames),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "region"),
    [
        ((30, 40), ("23:59:59:05", "23:59:59:15")),
        ((0, 30), ("23:59:59:00", "23:59:59:05")),
        ((60, 500), ("00:00:00:10", "00:00:01:00")),
    ],
)
def test_the_region_is_what_the_marks_cover_of_the_take_even_over_midnight(
    marks: tuple[int, int], region: tuple[str, str]
) -> None:
    first = frame_of_label("23:59:58:00", Rate.parse("25"))
    assert region_under(marked_at(*marks, first=first), record("23:59:59:00", 50)) == region


def test_marks_beside_the_take_or_another_rate_are_refused() -> None:
    with pytest.raises(CuelockError, match="does not reach"):
        region_under(marked_at(0, 20), record("00:00:01:00", 50))
    with pytest.raises(CuelockError, match="runs at 24"):
        region_under(marked_at(0, 90, rate="24"), record("00:00:01:00", 50))
    with pytest.raises(CuelockError, match="was made at 30000/1001 DF"):
        region_under(marked_at(0, 90, rate="29.97"), record("00:00:01;00", 50, "30000/1001"))


def test_events_become_markers_where_the_timeline_shows_their_label() -> None:
    event = SpottedEvent(timecode="00:00:00:05", frame=99, seconds="1", confidence=0.5)
    reply = SpotReply(rate="25", start_timecode="", events=(event,), path=None)
    first = frame_of_label("23:59:58:00", Rate.parse("25"))
    (marker,) = markers_of(reply, marked_at(0, 90, first=first))
    assert (marker.frame, marker.name) == (55, "50%")


@pytest.mark.parametrize(
    ("label", "start"),
    [("23:59:59:00", 48_000), ("00:00:01:00", 144_000), ("23:59:57:12", -24_960)],
)
def test_a_stem_stands_where_the_timeline_shows_its_label(label: str, start: int) -> None:
    measures = Measures(
        energy_error_db=0, energy_within=1, energy_correlation=None, onset_f1=None,
        loudness_lufs=None, true_peak_dbtp=-3,
    )  # fmt: skip
    stem = StemReport(
        layer="rain", path="/a.wav", sample_rate=48_000, channels=1, samples=9, time_reference=0,
        start_timecode=label, handles=0, seed=1, sha256="", variation=0, measures=measures,
    )  # fmt: skip
    reply = replace(record(label, 50).reply, stems=(stem, replace(stem, variation=1)))
    first = frame_of_label("23:59:58:00", Rate.parse("25"))
    (placed,) = stems_of(reply, marked_at(0, 90, first=first))
    assert (placed.start, placed.path) == (start, "/a.wav")
