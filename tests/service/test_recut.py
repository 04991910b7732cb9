"""A new edit: what is in it still keeps its samples, only joins and new material are new."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finished_takes import BOUNCE, given_of, made, refused, sound

from engine.service.recut import recut
from engine.service.regenerate import regenerate
from engine.service.span import span_of
from engine.takes.history import Given
from host_bridge.protocol import EditMove, RecutRequest, RegenerateRequest

# The take covers frames 90000 to 90075 of a timeline at 25: three seconds from 01:00:00:00.
RATE, FIRST = "25", 90_000
FRAME = 1920  # samples


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("take")
    return made(folder, rate=RATE, start_timecode="01:00:00:00", range_out="3s")


def carried(take: Given, to: Path, *moves: tuple[int, int, int], clip: bool = True) -> Given:
    """The take after moves (old in, old out, new in), frames from 01:00:00:00 on."""
    asked = RecutRequest(
        take=take.record.take,
        moves=tuple(
            EditMove(old_in=FIRST + a, old_out=FIRST + b, new_in=FIRST + c) for a, b, c in moves
        ),
        to=str(to),
        clip=str(BOUNCE) if clip else None,
        start_timecode="01:00:00:00" if clip else None,
    )
    return given_of(recut(asked, (take,)))


def test_a_take_that_moves_as_a_whole_keeps_every_sample(take: Given, tmp_path: Path) -> None:
    moved = carried(take, tmp_path, (-500, 500, 250), clip=False)
    stem, before = moved.record.reply.stems[0], take.record.reply.stems[0]
    assert stem.start_timecode == "01:00:30:00"
    assert stem.time_reference - before.time_reference == 750 * FRAME
    np.testing.assert_array_equal(sound(moved), sound(take))


def test_of_a_take_that_lost_its_middle_only_the_join_is_new(take: Given, tmp_path: Path) -> None:
    shorter = carried(take, tmp_path, (0, 25, 0), (50, 75, 25))
    before, after = sound(take), sound(shorter)
    assert len(after) == 50 * FRAME
    join = 25 * FRAME
    around = 2 * FRAME
    np.testing.assert_array_equal(after[: join - around], before[: join - around])
    np.testing.assert_array_equal(after[join + around :], before[50 * FRAME + around :])
    assert (after[join - around : join] != before[join - around : join]).any()


def test_new_material_between_is_made_from_the_new_picture(take: Given, tmp_path: Path) -> None:
    longer = carried(take, tmp_path, (0, 25, 0), (25, 75, 75))
    before, after = sound(take), sound(longer)
    assert len(after) == 125 * FRAME
    around = 2 * FRAME
    np.testing.assert_array_equal(after[: 25 * FRAME - around], before[: 25 * FRAME - around])
    new = after[25 * FRAME : 75 * FRAME].astype(float)
    assert np.sqrt((new**2).mean()) > 0
    np.testing.assert_array_equal(after[75 * FRAME + around :], before[25 * FRAME + around :])


def test_a_through_edit_is_no_join(take: Given, tmp_path: Path) -> None:
    same = carried(take, tmp_path, (0, 30, 0), (30, 75, 30))
    np.testing.assert_array_equal(sound(same), sound(take))


def test_shots_that_changed_places_carry_their_sound(take: Given, tmp_path: Path) -> None:
    swapped = carried(take, tmp_path, (0, 25, 50), (50, 75, 0), (25, 50, 25))
    before, after = sound(take), sound(swapped)
    middle = slice(5 * FRAME, 20 * FRAME)
    np.testing.assert_array_equal(after[middle], before[50 * FRAME :][middle])
    np.testing.assert_array_equal(after[50 * FRAME :][middle], before[middle])


def test_a_carried_take_can_be_worked_on(take: Given, tmp_path: Path) -> None:
    shorter = carried(take, tmp_path / "a", (0, 25, 0), (50, 75, 25))
    span = span_of(shorter.record.request)
    assert span.label(span.wanted.start) == "01:00:00:00"
    asked = RegenerateRequest(
        take=shorter.record.take, region_in="01:00:00:10", region_out="01:00:00:20",
        to=str(tmp_path / "b"), steps=2, seed=3,
    )  # fmt: skip
    later = given_of(regenerate(asked, (shorter,)))
    changed = np.flatnonzero(sound(later) != sound(shorter))
    assert 10 * FRAME <= changed.min() <= changed.max() < 20 * FRAME


def test_what_cannot_be_carried_is_refused(take: Given, tmp_path: Path) -> None:
    to = tmp_path / "out"
    assert refused(lambda: carried(take, to, (500, 600, 0))) == "request.range"
    assert refused(lambda: carried(take, to, (0, 25, 0), (50, 75, 25), clip=False)) == (
        "request.range"
    )
    assert not to.exists()
