"""The clock of what is heard, wound by a device that tells its progress late and in lumps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_ui.sound.clock import SoundClock
from plugin_ui.sound.output import BUFFER, SilentOutput
from plugin_ui.transport.motion import SAMPLE_RATE

SECOND = 1_000_000_000
QUANTUM = 1024
FRAME = SAMPLE_RATE // 24


class Time:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


def played(time: Time, parts_per_million: int) -> int:
    """A device's count: its own rate, in whole quanta."""
    samples = time.ns * SAMPLE_RATE * (1_000_000 + parts_per_million) // (SECOND * 1_000_000)
    return samples - samples % QUANTUM


@pytest.mark.parametrize("parts_per_million", [-300, 0, 150])
def test_for_ten_minutes_it_is_within_a_frame_of_the_device_and_never_goes_back(
    parts_per_million: int,
) -> None:
    time = Time()
    clock, before, apart = SoundClock(time), 0, list[int]()
    for tick in range(60_000):
        time.ns = tick * SECOND // 100
        count = played(time, parts_per_million)
        clock.tell(count, count + BUFFER, running=count > 0)
        for later in (0, SECOND // 250):
            time.ns = tick * SECOND // 100 + later
            now = clock.now()
            assert now >= before
            before = now
            apart.append(abs(now - played(time, parts_per_million)))
    assert max(apart) < FRAME


@settings(max_examples=50)
@given(st.lists(st.integers(0, 60_000_000), min_size=5, max_size=60))
def test_between_two_words_of_the_device_it_goes_on_evenly(gaps_ns: list[int]) -> None:
    """However late the player is, the clock goes no further than what was written."""
    time = Time()
    clock, written = SoundClock(time), BUFFER
    clock.tell(1, written, running=True)
    for gap in gaps_ns:
        time.ns += gap
        assert clock.now() <= written
        expected = 1 + time.ns * SAMPLE_RATE // SECOND
        assert clock.now() == min(expected, written)


def test_it_stands_while_nothing_plays_and_a_change_is_heard_after_what_is_written() -> None:
    time = Time()
    clock = SoundClock(time)
    assert (clock.now(), clock.soon()) == (0, 0)
    clock.tell(1000, 5000, running=True)
    assert clock.soon() == 5000
    clock.tell(5000, 5000, running=False)
    time.ns += 60 * SECOND
    assert (clock.now(), clock.soon()) == (5000, 5000)


def test_after_a_devices_hiccup_it_is_where_the_device_is() -> None:
    time = Time()
    clock = SoundClock(time)
    clock.tell(4800, 96_000, running=True)
    time.ns += SECOND // 2
    clock.tell(4800, 96_000, running=True)  # it stood for half a second: the clock waits for it
    waiting = clock.now()
    time.ns += SECOND // 4
    clock.tell(4800 + SAMPLE_RATE // 4, 96_000, running=True)
    assert clock.now() == max(waiting, 4800 + SAMPLE_RATE // 4)


def test_without_a_device_time_goes_by_the_machines_clock() -> None:
    time = Time()
    output = SilentOutput(time)
    output.start()
    for second in range(1, 601):
        time.ns = second * SECOND
        assert output.played() == second * SAMPLE_RATE
        assert output.free() >= SAMPLE_RATE
        output.write(np.zeros((output.free(), 2), np.float32))
        assert output.free() == 0
