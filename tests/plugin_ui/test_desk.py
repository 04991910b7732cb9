"""The desk with the real engine: what is asked, what comes back, what is there after a death."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE

from host_bridge.protocol import GainEdit, PointsEdit, RegenerateRequest
from host_bridge.timecode import sample_of_frame
from plugin_ui.asked import Again
from plugin_ui.desk import Desk
from plugin_ui.session import Region
from plugin_ui.sounding import range_of

MINUTE = 60_000


@pytest.fixture
def desk(qtbot: QtBot, resident: Path) -> Iterator[Desk]:
    desk = opened(qtbot)
    yield desk
    desk.close()


def opened(qtbot: QtBot) -> Desk:
    desk = Desk()
    desk.link.start()
    with qtbot.waitSignal(desk.opened, timeout=MINUTE):
        desk.open(BOUNCE)
    return desk


def test_a_region_is_made_anew_along_what_was_drawn_and_undo_chooses_the_take_before(
    desk: Desk, qtbot: QtBot
) -> None:
    history = desk.history
    history.edit("Mark", marks=Region(0, 25), locks=())
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.render()
    (first,) = desk.sounding()
    assert desk.work.take in desk.takes
    desk.add_edit(PointsEdit(points=(("10f", -30.0), ("12f", -20.0))))
    assert desk.work.region == Region(0, 25)
    history.look(region=Region(8, 16))
    desk.add_edit(GainEdit(db=1.0))
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.regenerate(Again())
        desk.add_edit(GainEdit(db=2.0))  # drawn while it renders
    take = desk.take()
    assert take is not None
    assert isinstance(take.record.change, RegenerateRequest)
    assert take.record.change.edits == (
        PointsEdit(points=(("10f", -30.0), ("12f", -20.0))),
        GainEdit(db=1.0),
    )
    assert desk.work.edits == (GainEdit(db=2.0),)
    (second,) = desk.sounding()
    before, after = (soundfile.read(one.stem.path)[0] for one in (first, second))
    assert desk.here is not None
    start, stop = (sample_of_frame(frame, desk.here.timeline.rate, 48_000) for frame in (8, 16))
    np.testing.assert_array_equal(before[:start], after[:start])
    np.testing.assert_array_equal(before[stop:], after[stop:])
    assert not np.allclose(before[start:stop], after[start:stop])
    while desk.work.take != take.record.reply.parent:
        assert history.stack.canUndo()
        history.stack.undo()
    assert desk.sounding() == (first,)
    assert not desk.jobs


def test_a_job_of_a_panel_that_was_closed_is_found_again_by_the_next_one(
    resident: Path, qtbot: QtBot
) -> None:
    before = opened(qtbot)
    before.history.edit("Mark", marks=Region(0, 12))
    before.render()
    (job,) = before.jobs
    before.close()
    again = opened(qtbot)
    try:
        assert list(again.jobs) == [job]
        qtbot.waitUntil(lambda: not again.jobs, timeout=MINUTE)
        take = again.take()
        assert take is not None
        assert again.here is not None
        assert range_of(again.here, take) == Region(0, 12)
        (stem,) = again.sounding()
        before = Path(stem.stem.path).read_bytes()
        Path(stem.stem.path).unlink()
        with qtbot.waitSignal(again.takes_changed, timeout=MINUTE):  # from the history again
            again.sounding()
        (stem,) = again.sounding()
        assert Path(stem.stem.path).read_bytes() == before
    finally:
        again.close()
