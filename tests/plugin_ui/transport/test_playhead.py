"""The playhead by a clock that a test winds: every frame where the exact time says."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from host_bridge.timecode import RATES, FrameIndex, FrameRange, Rate
from plugin_ui.transport.motion import SAMPLE_RATE, Motion, Wrap
from plugin_ui.transport.playhead import Transport

HOUR = 3600 * SAMPLE_RATE
rates = st.sampled_from(RATES).map(Rate.of)


class Hand:
    """A clock that goes when it is wound. latency: samples between a change and its being heard."""

    def __init__(self, latency: int = 0) -> None:
        self.reading = 12_345
        self.latency = latency

    def now(self) -> int:
        return self.reading

    def soon(self) -> int:
        return self.reading + self.latency


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def transport(qapp: QApplication, hand: Hand) -> Transport:
    transport = Transport(hand)
    transport.open(Rate.parse("23.976"), 20_000)
    return transport


def wind(transport: Transport, hand: Hand, samples: int) -> int:
    hand.reading += samples
    transport.refresh()
    return transport.frame


def loop(start: int, stop: int) -> FrameRange:
    return FrameRange(FrameIndex(start), FrameIndex(stop))


@settings(max_examples=200)
@given(rates, st.integers(0, 10_000), st.lists(st.integers(1, 40_000), min_size=1, max_size=80))
def test_however_the_clock_is_read_the_frame_is_the_one_of_the_exact_time(
    qapp: QApplication, rate: Rate, start: int, gaps: list[int]
) -> None:
    """A frame begins at its nearest sample, so it may be up to half a sample early or late."""
    hand = Hand()
    transport = Transport(hand)
    transport.open(rate, 10**7)
    transport.go(start)
    transport.play()
    elapsed = 0
    for gap in gaps:
        elapsed += gap
        frame = wind(transport, hand, gap)
        exact = start + Fraction(elapsed, SAMPLE_RATE) * rate.exact
        slack = rate.exact / SAMPLE_RATE
        assert exact - 1 - slack < frame <= exact + slack


def test_after_ten_minutes_of_ticks_the_frame_is_exact(transport: Transport, hand: Hand) -> None:
    """Read 60 times a second, as a screen does: 600 s at 24000/1001 are 14385.6 frames."""
    transport.play()
    for _ in range(600 * 60):
        wind(transport, hand, SAMPLE_RATE // 60)
    assert transport.frame == 14385


@given(rates, st.integers(0, 5_000), st.sampled_from([-8, -4, -2, -1, 1, 2, 4, 8]))
def test_at_any_speed_a_second_is_that_many_seconds(
    qapp: QApplication, rate: Rate, start: int, speed: int
) -> None:
    hand = Hand()
    transport = Transport(hand)
    transport.open(rate, 20_000)
    transport.go(start + 10_000)
    for _ in range(4):
        if transport.speed != speed:
            transport.shuttle(speed)
    assert transport.speed == speed
    frame = wind(transport, hand, SAMPLE_RATE)
    assert abs(frame - (start + 10_000 + speed * rate.exact)) <= 1


@pytest.mark.parametrize(
    ("presses", "speeds"),
    [
        ([1, 1, 1, 1, 1], [1, 2, 4, 8, 8]),
        ([-1, -1, -1, -1], [-1, -2, -4, -8]),
        ([1, 1, -1, -1, -1], [1, 2, 1, -1, -2]),
    ],
)
def test_each_press_of_j_or_l_is_one_speed_on(
    transport: Transport, presses: list[int], speeds: list[int]
) -> None:
    transport.go(10_000)
    told: list[float] = []
    transport.speed_changed.connect(told.append)
    seen: list[int] = []
    for press in presses:
        transport.shuttle(press)
        seen.append(transport.speed)
    assert seen == speeds
    transport.stop()
    assert told[-1] == 0


def test_another_speed_goes_on_from_where_the_playhead_is(transport: Transport, hand: Hand) -> None:
    transport.play()
    wind(transport, hand, 10 * SAMPLE_RATE)
    transport.shuttle(1)
    assert wind(transport, hand, 5 * SAMPLE_RATE) == int(20 * transport.rate.exact)


@given(
    st.integers(0, 10**6),
    st.integers(-4, 4).filter(bool),
    st.integers(0, 10**6),
    st.integers(1, 10**6),
    st.integers(0, 10**8),
)
def test_a_wrap_is_never_played_beyond_its_end_nor_before_its_begin_twice(
    origin: int, speed: int, begin: int, length: int, elapsed: int
) -> None:
    wrap = Wrap(begin, begin + length)
    position = Motion(origin, 0, speed, wrap).at(elapsed)
    if speed < 0 or origin >= wrap.end or origin + speed * elapsed < wrap.end:
        assert position == origin + speed * elapsed
    else:
        assert wrap.begin <= position < wrap.end
        assert (position - (origin + speed * elapsed)) % length == 0


def test_a_loop_comes_back_to_its_start_without_losing_a_sample(
    transport: Transport, hand: Hand
) -> None:
    transport.open(Rate(24), 10_000)  # 2000 samples a frame
    transport.loop = loop(100, 148)
    transport.go(100)
    transport.play()
    assert [wind(transport, hand, 2000) for _ in range(100)] == [
        100 + n % 48 for n in range(1, 101)
    ]


def test_a_loop_with_pre_roll_begins_each_round_before_it(transport: Transport, hand: Hand) -> None:
    transport.open(Rate(24), 10_000)
    transport.loop, transport.pre_roll = loop(100, 148), 12
    transport.go(140)
    transport.play()
    assert wind(transport, hand, 7 * 2000) == 147
    assert wind(transport, hand, 2000) == 88


def test_a_loop_set_while_playing_is_heeded_and_one_lifted_is_left(
    transport: Transport, hand: Hand
) -> None:
    transport.open(Rate(24), 10_000)
    transport.play()
    wind(transport, hand, 20 * 2000)
    transport.loop = loop(10, 30)
    assert wind(transport, hand, 15 * 2000) == 15
    transport.loop = None
    assert wind(transport, hand, 20 * 2000) == 35


@pytest.mark.parametrize("returns", [False, True])
def test_stopping_stays_or_returns_to_where_playing_began(
    transport: Transport, hand: Hand, returns: bool
) -> None:
    transport.return_to_start = returns
    transport.go(50)
    transport.play()
    wind(transport, hand, SAMPLE_RATE)
    transport.stop()
    assert transport.frame == (50 if returns else 73)
    assert transport.speed == 0


def test_playing_ends_on_the_last_frame_and_begins_anew_from_there(
    transport: Transport, hand: Hand
) -> None:
    transport.go(19_990)
    transport.play()
    wind(transport, hand, HOUR)
    assert (transport.frame, transport.speed) == (19_999, 0)
    transport.play()
    assert wind(transport, hand, 4004) == 2
    transport.shuttle(-1)
    wind(transport, hand, HOUR)
    assert (transport.frame, transport.speed) == (0, 0)


def test_a_step_is_one_frame_and_stops(transport: Transport, hand: Hand) -> None:
    transport.play()
    wind(transport, hand, SAMPLE_RATE)
    transport.step(-1)
    assert (transport.frame, transport.speed) == (22, 0)
    transport.step(10)
    assert transport.frame == 32
    transport.step(10**9)
    assert transport.frame == 19_999


def test_a_jump_while_playing_goes_on_from_there(transport: Transport, hand: Hand) -> None:
    transport.play()
    wind(transport, hand, SAMPLE_RATE)
    transport.go(1000)
    assert transport.frame == 1000
    assert wind(transport, hand, SAMPLE_RATE) == 1023


def test_the_playhead_waits_until_the_change_is_heard(qapp: QApplication) -> None:
    hand = Hand(latency=4800)
    transport = Transport(hand)
    transport.open(Rate(24), 10_000)
    transport.play()
    assert wind(transport, hand, 4800) == 0
    assert wind(transport, hand, 2000) == 1


def test_each_frame_is_told_once_and_the_motion_with_every_change(
    transport: Transport, hand: Hand
) -> None:
    frames: list[int] = []
    motions: list[Motion | None] = []
    transport.moved.connect(frames.append)
    transport.motion_changed.connect(motions.append)
    transport.play()
    for _ in range(50):
        wind(transport, hand, 500)
    transport.stop()
    assert frames == list(range(1, 13))
    assert motions == [Motion(0, 12_345, 1), None]


def test_by_the_machines_clock_it_plays_by_itself(qtbot: QtBot) -> None:
    transport = Transport()
    transport.open(Rate(100), 100)
    with qtbot.waitSignal(transport.moved, check_params_cb=lambda frame: frame >= 5):
        transport.toggle()
    transport.toggle()
    assert transport.speed == 0


def test_a_hand_is_told_of_where_it_brought_the_standing_playhead(
    transport: Transport, hand: Hand
) -> None:
    jogged: list[int] = []
    transport.jogged.connect(jogged.append)
    transport.go(10)
    transport.step(1)
    transport.jog(20)
    transport.jog(20)
    transport.play()
    transport.jog(30)
    assert wind(transport, hand, 2002) == 31
    transport.step(-1)
    assert jogged == [11, 20, 30]
