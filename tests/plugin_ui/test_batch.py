"""Many ranges at once, by hand, with the real engine: added, rendered, ended, found again."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import msgspec
import pytest
from hands import Hand
from PyQt6.QtCore import QPoint
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE, stopped
from window_hand import (
    LEFT,
    MINUTE,
    Control,
    Key,
    Shift,
    choose,
    click,
    click_row,
    opened,
    paste,
    press,
    say,
)

from host_bridge import client
from host_bridge.discovery import read_address
from host_bridge.protocol import JobsReply, Most, SpotReply, SpottedEvent
from plugin_ui.keeper import folder, name_of, read_session
from plugin_ui.session import Region
from plugin_ui.sounding import range_of
from plugin_ui.window import Window


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without a past."""
    return Path(shutil.copy(BOUNCE, tmp_path)).resolve()


def add_times(window: Window, text: str) -> None:
    """By the dock's menu and its field."""
    raise_dock(window)
    choose(window.batch.add_button, "A list of times…")
    paste(window.batch.times, text)
    click(window.batch.take_times)


def raise_dock(window: Window) -> None:
    dock = window.batch.parentWidget()
    assert dock is not None
    dock.raise_()


def regions(window: Window) -> list[Region]:
    return [one.region for one in window.desk.batch.queue]


def states(window: Window) -> list[str]:
    return [one.state for one in window.desk.batch.queue]


def test_a_list_of_times_is_rendered_range_by_range_and_each_take_stands_in_its_place(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        say(window, "wood is hit")
        add_times(window, "0f - 8f\n12f - 24f")
        assert regions(window) == [Region(0, 8), Region(12, 24)]
        window.lanes.ruler.setFocus()
        press(window, Key.Key_O)  # marks the first frame
        press(window, Key.Key_B, Control)
        assert regions(window)[2:] == [Region(0, 1)]
        click_row(window.batch.tree, 2)
        press(window.batch.tree, Key.Key_Delete)
        assert regions(window) == [Region(0, 8), Region(12, 24)]
        say(window, "rain")  # too late for what is in the batch
        press(window, Key.Key_B, Control | Shift)
        qtbot.waitUntil(lambda: states(window) == ["done", "done"], timeout=MINUTE)
        takes = [window.desk.takes[one.take] for one in window.desk.batch.queue]
        here = window.desk.here
        assert here is not None
        assert [range_of(here, take) for take in takes] == [Region(0, 8), Region(12, 24)]
        assert {layer.name for take in takes for layer in take.record.layers} == {"wood is hit"}
        assert window.desk.work.take == takes[0].record.take
        assert [layer.name for layer in window.desk.work.layers] == ["wood is hit", "rain"]
        click_row(window.batch.tree, 1)
        press(window.batch.tree, Key.Key_Return)
        assert window.desk.work.take == takes[1].record.take
        assert window.transport.frame == 12


def test_what_the_batch_made_sounds_together_and_a_region_made_anew_stays_when_one_goes_on(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        desk = window.desk
        say(window, "wood is hit")
        add_times(window, "0f - 8f\n12f - 24f\n30f - 36f")
        click(window.batch.render_button)
        qtbot.waitUntil(lambda: states(window) == ["done"] * 3, timeout=MINUTE)

        def heard() -> dict[int, str]:
            """Where what sounds begins, by its samples, and which file it is."""
            return {
                strip.start_sample: strip.origin.name
                for strip in window.mixer.strips if isinstance(strip.origin, Path)
            }  # fmt: skip

        at = [frame * 1600 for frame in (0, 12, 30)]  # at 30 frames a second
        assert sorted(heard()) == at
        lane = window.stage.batch
        assert lane is not None
        x = [round(window.axis.x_of(frame)) for frame in (14, 4)]
        QTest.mouseDClick(lane, LEFT, pos=QPoint(x[0], 20))
        assert desk.work.take == desk.batch.queue[1].take
        before = heard()
        assert sorted(before) == at
        sound = window.stage.sounds["wood is hit"]
        hand = Hand(sound)
        hand.drag(*((window.axis.x_of(frame), 10) for frame in (15, 18, 20)))
        sound.setFocus()
        with qtbot.waitSignal(desk.finished, timeout=MINUTE):
            press(window, Key.Key_R)
        anew = heard()
        assert anew[at[1]] != before[at[1]]
        lane.setFocus()
        window.transport.go(3)
        press(lane, Key.Key_Return)
        assert desk.work.take == desk.batch.queue[0].take
        assert heard() == anew
        press(window, Key.Key_M)
        assert all(strip.mute for strip in window.mixer.strips)


def test_what_is_no_list_of_times_is_said_and_stays_to_be_mended(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        add_times(window, "0f - 8f\nnoon")
        assert "noon" in window.message.text.text()
        assert window.batch.times.isVisible()
        assert regions(window) == []
        window.batch.times.clear()
        paste(window.batch.times, "8f - 0f")
        click(window.batch.take_times)
        assert "8f - 0f" in window.message.text.text()


def test_shots_and_events_of_the_marked_range_are_ranges(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        raise_dock(window)
        choose(window.batch.add_button, "Every shot of it")
        assert "[request.range]" in window.message.text.text()
    spots = folder() / "spots" / f"{name_of(str(clip))}.json"
    spots.parent.mkdir(parents=True, exist_ok=True)
    events = tuple(
        SpottedEvent(timecode=f"00:00:00:{frame}", frame=frame, seconds="0", confidence=1.0)
        for frame in (10, 14, 29)
    )
    reply = SpotReply(rate="30", start_timecode="", events=events, path=None, cuts=(6, 20))
    spots.write_bytes(msgspec.json.encode(reply))  # as spotting keeps it
    with opened(qtbot, clip) as window:
        raise_dock(window)
        window.lanes.ruler.setFocus()
        for _ in range(24):
            press(window, Key.Key_Right)
        press(window, Key.Key_O)
        choose(window.batch.add_button, "Every shot of it")
        assert regions(window) == [Region(0, 6), Region(6, 20), Region(20, 25)]
        choose(window.batch.add_button, "Around every event in it")
        assert [region.start for region in regions(window)[3:]] == [2, 6]
        assert regions(window)[-1].stop == 25


def test_one_is_cancelled_or_all_and_they_wait_to_be_rendered_after_all(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        say(window, "wood is hit")
        add_times(window, "0f - 24f\n24f - 48f\n48f - 56f")
        click(window.batch.render_button)
        assert states(window) == ["asked"] * 3
        asked = [one.job.job for one in window.desk.batch.queue]
        click_row(window.batch.tree, 1)
        click(window.batch.cancel_button)
        assert states(window) == ["asked", "waits", "asked"]
        click(window.batch.cancel_all)
        assert states(window) == ["waits"] * 3
        with client.connect(start=False) as engine:

            def ended() -> bool:
                found = engine.ask("job.list", Most(), JobsReply).jobs
                return {job.job: job.state for job in found if job.job in asked} == dict.fromkeys(
                    asked, "cancelled"
                )

            qtbot.waitUntil(ended, timeout=MINUTE)
        click_row(window.batch.tree, 0)
        click_row(window.batch.tree, 1, Control)
        click(window.batch.remove_button)
        click(window.batch.render_button)
        qtbot.waitUntil(lambda: states(window) == ["done"], timeout=MINUTE)
        assert regions(window) == [Region(48, 56)]


def test_it_goes_on_without_the_panel_and_through_an_engine_that_dies(
    qtbot: QtBot, own_home: Path, clip: Path
) -> None:
    try:
        with opened(qtbot, clip) as window:
            say(window, "wood is hit")
            add_times(window, "0f - 24f\n24f - 48f\n48f - 60f")
            click(window.batch.render_button)
            qtbot.waitUntil(lambda: bool(window.desk.batch.shares), timeout=MINUTE)
            asked = [one.job.job for one in window.desk.batch.queue]
            address = read_address()
            assert address is not None
            os.kill(address.pid, signal.SIGKILL)
            qtbot.waitUntil(lambda: read_address() not in (None, address), timeout=MINUTE)
        assert [one.job.job for one in read_session(str(clip)).batch] == asked
        with opened(qtbot, clip) as window:
            assert [one.job.job for one in window.desk.batch.queue] == asked
            qtbot.waitUntil(lambda: states(window) == ["done"] * 3, timeout=2 * MINUTE)
            assert window.batch.left.text() == "3 of 3 done"
            assert len(window.desk.takes) == 3
    finally:
        stopped()


def test_an_engine_whose_queue_is_full_gets_the_rest_as_room_comes(
    qtbot: QtBot, own_home: Path, clip: Path
) -> None:
    (own_home / "engine.toml").write_text("queue_of_client = 1\n")
    try:
        with opened(qtbot, clip) as window:
            say(window, "wood is hit")
            add_times(window, "\n".join(f"{at}f - {at + 4}f" for at in range(0, 24, 4)))
            click(window.batch.render_button)
            qtbot.waitUntil(lambda: states(window) == ["done"] * 6, timeout=2 * MINUTE)
    finally:
        stopped()


def test_a_range_that_cannot_be_made_says_why_and_is_tried_again(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    aside = clip.with_name("aside.mp4")
    with opened(qtbot, clip) as window:
        say(window, "wood is hit")
        add_times(window, "0f - 8f")
        clip.rename(aside)
        click(window.batch.render_button)
        qtbot.waitUntil(lambda: states(window) == ["failed"], timeout=MINUTE)
        model = window.batch.tree.model()
        assert model is not None
        assert model.index(0, 1).data().startswith("failed: ")
        aside.rename(clip)
        click(window.batch.render_button)
        qtbot.waitUntil(lambda: states(window) == ["done"], timeout=MINUTE)
