"""What may be typed into a timecode field, and what it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_bridge.errors import CuelockError
from host_bridge.timecode import RATES, Rate, frame_of_label, label_of_frame
from plugin_ui.transport.entry import frame_of_entry

rates = st.sampled_from(
    [Rate.of(rate) for rate in RATES] + [Rate.parse("29.97 DF"), Rate.parse("59.94 DF")]
)
DROP = Rate.parse("29.97 DF")


@given(rates, st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5))
def test_the_label_of_a_frame_typed_brings_that_frame(
    rate: Rate, start: int, frame: int, now: int
) -> None:
    label = label_of_frame(start + frame, rate)
    assert frame_of_entry(label, rate=rate, start=start, now=now) == frame


@given(rates, st.integers(0, 10**5), st.integers(0, 10**4))
def test_forward_and_back_by_the_same_typed_distance_is_where_one_was(
    rate: Rate, now: int, distance: int
) -> None:
    seconds, frames = divmod(distance, 30)
    typed = f"{seconds // 60}:{seconds % 60}:{frames}"
    there = frame_of_entry(f"+{typed}", rate=rate, start=0, now=now)
    assert frame_of_entry(f"-{typed}", rate=rate, start=0, now=there) == now


@given(rates, st.integers(0, 10**5), st.integers(0, 500))
def test_a_signed_label_is_as_long_as_it_is_from_midnight(
    rate: Rate, now: int, minutes: int
) -> None:
    label = label_of_frame(60 * rate.nominal * minutes, rate)
    there = frame_of_entry(f"+{label}", rate=rate, start=0, now=now)
    assert there - now == frame_of_label(label, rate)


@pytest.mark.parametrize(
    ("typed", "frame"),
    [
        ("01:00:02:00", 48),
        ("01:00:02;00", 48),
        (" 2:00 ", 48),
        ("200", 48),
        ("12", 252),
        ("1000", 240),
        ("+12", 252),
        ("-12", 228),
        ("−12", 228),
        ("-1:00", 216),
        ("+100", 264),
        ("+1:00:00", 1680),
        ("48f", 48),
        ("+48f", 288),
        ("2.5s", 60),
        ("-2.5S", 180),
    ],
)
def test_times_are_read_as_an_editor_means_them(typed: str, frame: int) -> None:
    """The clip starts at 01:00:00:00 and the playhead stands at 01:00:10:00."""
    rate = Rate.parse("23.976")
    assert frame_of_entry(typed, rate=rate, start=86_400, now=240) == frame


def test_a_minute_of_drop_frame_is_short_but_every_tenth() -> None:
    assert frame_of_entry("+1:00:00", rate=DROP, start=0, now=0) == 1798
    assert frame_of_entry("+10:00:00", rate=DROP, start=0, now=0) == 17_982


@pytest.mark.parametrize("typed", ["", "+", "abc", "1:2:3:4:5", "12x", "00:99:00:00", "1,5s"])
def test_what_is_no_time_is_refused_with_what_to_write(typed: str) -> None:
    with pytest.raises(CuelockError) as error:
        frame_of_entry(typed, rate=Rate(25), start=0, now=0)
    assert error.value.code == "request.timecode"
    assert error.value.hint


def test_a_label_that_drop_frame_leaves_out_is_refused() -> None:
    with pytest.raises(CuelockError):
        frame_of_entry("00:01:00;00", rate=DROP, start=0, now=0)
