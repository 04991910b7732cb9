"""Time is exact over a whole day at every rate; labels agree with an independent library."""

from fractions import Fraction
from itertools import pairwise

import opentimelineio.opentime as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_bridge.errors import CuelockError
from host_bridge.timecode import (
    RATES,
    Rate,
    frame_of_label,
    frame_of_sample,
    frame_of_time,
    frame_range,
    label_of_frame,
    sample_of_frame,
    time_reference,
)

ALL = [Rate.of(rate) for rate in RATES] + [
    Rate.of(rate, drop=True) for rate in RATES if rate.numerator % 30_000 == 0
]
SAMPLE_RATES = (44_100, 48_000, 96_000)
rates = st.sampled_from(ALL)
sample_rates = st.sampled_from(SAMPLE_RATES)


@st.composite
def moments(draw: st.DrawFn) -> tuple[Rate, int]:
    rate = draw(rates)
    return rate, draw(st.integers(0, rate.frames_per_day - 1))


@given(moments())
def test_a_label_names_one_frame_of_the_day(moment: tuple[Rate, int]) -> None:
    rate, frame = moment
    assert frame_of_label(label_of_frame(frame, rate), rate) == frame
    assert label_of_frame(frame + rate.frames_per_day, rate) == label_of_frame(frame, rate)


@given(moments(), sample_rates)
def test_a_frame_never_starts_more_than_half_a_sample_off(
    moment: tuple[Rate, int], sample_rate: int
) -> None:
    rate, frame = moment
    sample = sample_of_frame(frame, rate, sample_rate)
    assert abs(sample - Fraction(frame * sample_rate) / rate.exact) <= Fraction(1, 2)
    assert sample_of_frame(frame + 1, rate, sample_rate) > sample
    assert frame_of_sample(sample, rate, sample_rate) == frame


@given(moments(), sample_rates, st.integers(0, 5_000_000))
def test_every_sample_lies_in_its_frame(
    moment: tuple[Rate, int], sample_rate: int, sample: int
) -> None:
    rate, _ = moment
    frame = frame_of_sample(sample, rate, sample_rate)
    assert sample_of_frame(frame, rate, sample_rate) <= sample
    assert sample < sample_of_frame(frame + 1, rate, sample_rate)


@given(
    rates, sample_rates, st.lists(st.integers(0, 2_000_000), min_size=2, max_size=9, unique=True)
)
def test_neighbouring_regions_tile(rate: Rate, sample_rate: int, frames: list[int]) -> None:
    edges = [sample_of_frame(frame, rate, sample_rate) for frame in sorted(frames)]
    lengths = [b - a for a, b in pairwise(edges)]
    assert all(length > 0 for length in lengths)
    assert sum(lengths) == edges[-1] - edges[0]


@pytest.mark.parametrize("rate", [Rate.parse("29.97 DF"), Rate.parse("59.94 DF")])
@given(data=st.data())
def test_drop_frame_labels_agree_with_opentimelineio(rate: Rate, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, rate.frames_per_day - 1))
    real = float(rate.exact)
    theirs = otio.RationalTime(frame, real).to_timecode(real, drop_frame=True)
    assert label_of_frame(frame, rate) == theirs
    assert frame_of_label(theirs, rate) == otio.from_timecode(theirs, real).value


@pytest.mark.parametrize("rate", [rate for rate in ALL if rate.drop], ids=str)
def test_counting_through_a_day_skips_just_the_dropped_labels(rate: Rate) -> None:
    frame = 0
    for minute in range(24 * 60):
        first = rate.dropped if minute % 10 else 0
        width = 3 if rate.nominal > 100 else 2
        start = f"{minute // 60:02d}:{minute % 60:02d}:00;{first:0{width}d}"
        assert label_of_frame(frame, rate) == start
        frame += 60 * rate.nominal - first
    assert frame == rate.frames_per_day


@pytest.mark.parametrize(
    ("text", "exact", "drop"),
    [
        ("23.976", Fraction(24000, 1001), False),
        ("23.98", Fraction(24000, 1001), False),
        ("23.976023976023978", Fraction(24000, 1001), False),
        ("24000/1001", Fraction(24000, 1001), False),
        ("24", Fraction(24), False),
        ("24.0", Fraction(24), False),
        ("25 fps", Fraction(25), False),
        ("29.97", Fraction(30000, 1001), False),
        ("29.97 DF", Fraction(30000, 1001), True),
        ("29.97DF", Fraction(30000, 1001), True),
        ("29.97 drop", Fraction(30000, 1001), True),
        ("29.97 NDF", Fraction(30000, 1001), False),
        ("30", Fraction(30), False),
        ("59.94", Fraction(60000, 1001), False),
        ("59.94 DF", Fraction(60000, 1001), True),
        ("119.88 df", Fraction(120000, 1001), True),
        ("120", Fraction(120), False),
    ],
)
def test_hosts_words_are_read_by_meaning(text: str, exact: Fraction, drop: bool) -> None:
    rate = Rate.parse(text)
    assert (rate.exact, rate.drop) == (exact, drop)
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize(
    "text", ["", "fast", "0", "-25", "23", "26", "24 DF", "30 DF", "1/0", "29.97.1", "inf", "nan"]
)
def test_other_rates_are_refused_with_the_list(text: str) -> None:
    with pytest.raises(CuelockError) as caught:
        Rate.parse(text)
    assert caught.value.code == "request.rate"
    assert "23.976" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "rate", "word"),
    [
        ("00:01:00;00", "29.97 DF", "00:01:00;02"),
        ("00:01:00;03", "59.94 DF", "00:01:00;04"),
        ("24:00:00:00", "25", "Hours"),
        ("00:00:60:00", "25", "59"),
        ("00:00:00:25", "25", "24"),
        ("1:2:3", "25", "01:00:02:00"),
        ("-00:00:01:00", "25", "01:00:02:00"),
        ("-5f", "25", "48f"),
        ("1e3s", "25", "2.5s"),
    ],
)
def test_a_time_that_is_none_is_refused_with_a_way_out(text: str, rate: str, word: str) -> None:
    with pytest.raises(CuelockError) as caught:
        frame_of_time(text, Rate.parse(rate), 0)
    assert caught.value.code == "request.timecode"
    assert word in caught.value.hint


def test_the_worked_example_of_the_command_line() -> None:
    rate = Rate.parse("23.976")
    start = frame_of_label("01:00:00:00", rate)
    span = frame_range(
        frame_of_time("01:00:02:00", rate, start), frame_of_time("01:00:05:12", rate, start)
    )
    assert span.frames == 84
    begin, end = (sample_of_frame(frame, rate, 48_000) for frame in span)
    assert end - begin == 168_168
    assert time_reference(start + span.start, rate, 48_000) == 173_068_896


def test_a_clip_that_runs_over_midnight_keeps_counting() -> None:
    rate = Rate.parse("25")
    start = frame_of_label("23:59:58:00", rate)
    assert frame_of_time("00:00:01:00", rate, start) == 75
    assert time_reference(start + 75, rate, 48_000) == 48_000


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 5), (6, 5)])
def test_what_is_no_range_is_refused(start: int, stop: int) -> None:
    with pytest.raises(CuelockError) as caught:
        frame_range(start, stop)
    assert caught.value.code == "request.range"
