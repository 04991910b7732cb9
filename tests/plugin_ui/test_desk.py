"""The desk with the real engine: what is asked, what comes back, what is there after a death."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PyQt6.QtCore import QCoreApplication, QThreadPool
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE

from host_bridge.protocol import GainEdit, Layer, PointsEdit, RegenerateRequest
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
    history.edit("Unlock", region=Region(0, 25), locks=())
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.render()
    (first,) = desk.sounding()
    assert desk.work.take in desk.takes
    history.look(region=None)
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


def test_of_two_clips_that_are_asked_for_the_later_one_is_opened(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = (Path(shutil.copy(BOUNCE, tmp_path / name)) for name in ("a.mp4", "b.mp4"))
    opened = list[Path]()
    desk.opened.connect(lambda here: opened.append(here.clip.path))
    desk.open(first)
    desk.open(second)
    pool = QThreadPool.globalInstance()
    assert pool is not None
    pool.waitForDone()
    QCoreApplication.processEvents()
    assert opened == [second]


def test_the_variation_that_is_heard_stays_when_another_layer_changes(
    desk: Desk, qtbot: QtBot
) -> None:
    layers = tuple(Layer(name=name, prompt="wood is hit", seed=1) for name in ("a", "b"))
    desk.history.edit("", layers=layers, layer="b", region=Region(0, 12))
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.render()
    first = desk.work.take
    assert first is not None
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.regenerate(Again(variations=2))
    take = desk.take()
    assert take is not None
    (other,) = (s for s in take.record.reply.stems if s.layer == "b" and s.variation == 1)
    desk.choose_stem(take.record.take, other)
    heard = Path(desk.sounding()[1].stem.path).read_bytes()
    desk.history.edit("", layer="a", region=Region(4, 8))
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.regenerate(Again())
    assert desk.work.take not in (first, take.record.take)
    assert Path(desk.sounding()[1].stem.path).read_bytes() == heard
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.comp(first, 0, Region(2, 6), "a")
    assert Path(desk.sounding()[1].stem.path).read_bytes() == heard
    desk.choose_stem(take.record.take, other)
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        desk.comp(first, 0, Region(2, 6), "a")
    assert Path(desk.sounding()[1].stem.path).read_bytes() == heard
    while desk.history.stack.canUndo():  # the clip's session is the next test's too
        desk.history.stack.undo()


def test_a_job_of_a_panel_that_was_closed_is_found_again_by_the_next_one(
    resident: Path, qtbot: QtBot
) -> None:
    before = opened(qtbot)
    before.history.look(region=Region(0, 12))
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
