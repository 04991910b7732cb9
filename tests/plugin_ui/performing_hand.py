"""A panel of its own process, beside a sound server of the test's, whose artist performs guides.

`performing_hand.py CLIP WAY`: says as JSON what came of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import soundfile
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from plugin_ui.window import Window

_LONGEST_SECONDS = 90.0
_LEFT = Qt.MouseButton.LeftButton
_BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_IN, _OUT = 40, 90


def main() -> None:
    app = QApplication(sys.argv)
    window = Window()
    window.show()
    window.activateWindow()
    until(window.isActiveWindow)
    window.desk.open(Path(sys.argv[1]))
    until(lambda: window.desk.here is not None)
    dock = window.guide.parentWidget()
    assert dock is not None
    dock.raise_()
    window.guide.pre_roll.setValue(1.0)
    for frame, key in ((_IN, Qt.Key.Key_I), (_OUT - 1, Qt.Key.Key_O)):
        window.transport.go(frame)
        QTest.keyClick(window.lanes.ruler, key)
    told = WAYS[sys.argv[2]](window)
    told |= {"tries": [one.path for one in window.desk.session.tries]}
    window.end()
    app.processEvents()
    print(json.dumps(told), flush=True)


def led(window: Window) -> dict[str, object]:
    """Latency measured, two tries, the second as if it were twelve frames more; that one leads."""
    for _ in range(5):  # on a machine too busy to play without gaps it is said, and tried again
        QTest.mouseClick(window.guide.measure, _LEFT)
        until(lambda: not window.guiding.recorder.busy)
        if window.preferences.settings.latencies:
            break
    settings = window.preferences.settings
    for number, late in ((1, 0), (2, 12 * 1920)):
        latencies = {"": settings.latencies.get("", 0) + late}
        window.preferences.change(latencies=latencies)
        for _ in range(5):
            perform(window)
            until(lambda: not window.guiding.recorder.busy)
            if window.guide.tries.count() == number:
                break
    QTest.keyClicks(window.layers.add_line, "wood is hit")
    QTest.keyClick(window.layers.add_line, Qt.Key.Key_Return)
    QTest.mouseClick(window.guide.use_button, _LEFT)
    until(lambda: window.desk.take() is not None)
    take = window.desk.take()
    assert take is not None
    return {
        "latency": settings.latencies.get(settings.microphone),
        "said": window.message.text.text(),
        "guide": take.record.request.guide,
        "range": [take.record.request.range_in, take.record.request.range_out],
    }


def ended(window: Window) -> dict[str, object]:
    """A try ended by its key half way, heard, and dropped by its button."""
    perform(window)
    until(lambda: runs_at(window, (_IN + _OUT) // 2))
    perform(window)
    until(lambda: window.guide.tries.count() == 1)
    QTest.mouseClick(window.guide.hear_button, _LEFT)
    heard = [strip.name for strip in window.mixer.strips if strip.solo]
    until(lambda: runs_at(window, _IN + 5))
    QTest.keyClick(window.lanes.ruler, Qt.Key.Key_K)
    after = [strip.name for strip in window.mixer.strips if strip.solo]
    (kept,) = window.desk.session.tries
    sound, _ = soundfile.read(kept.path)
    QTest.mouseClick(window.guide.drop_button, _LEFT)
    return {
        "heard": heard, "after": after, "samples": len(sound),
        "begins": bool(sound[: len(sound) // 2].any()), "left": Path(kept.path).exists(),
        "ends": bool(sound[-5 * 1920 :].any()),
    }  # fmt: skip


def pulled(window: Window) -> dict[str, object]:
    """The microphone is taken away in the middle of a try."""
    perform(window)
    until(lambda: runs_at(window, _IN))
    subprocess.run(["pactl", "exit"], check=True)  # with all its devices
    until(window.message.isVisible)
    return {"said": window.message.text.text(), "speed": window.transport.speed}


def bare(window: Window) -> dict[str, object]:
    """Nothing to record with."""
    perform(window)
    until(window.message.isVisible)
    return {"said": window.message.text.text(), "busy": window.guiding.recorder.busy}


def moved(window: Window) -> dict[str, object]:
    """The artist clicks somewhere else while it records."""
    perform(window)
    until(lambda: runs_at(window, _IN))
    QTest.keyClick(window.lanes.ruler, Qt.Key.Key_Home)
    until(window.message.isVisible)
    return {"said": window.message.text.text(), "busy": window.guiding.recorder.busy}


WAYS: dict[str, Callable[[Window], dict[str, object]]] = {
    "led": led, "ended": ended, "pulled": pulled, "bare": bare, "moved": moved,
}  # fmt: skip


def perform(window: Window) -> None:
    """The key that begins a try and ends it."""
    QTest.keyClick(window, Qt.Key.Key_G, _BOTH)


def runs_at(window: Window, frame: int) -> bool:
    """Whether the picture runs within a second behind a frame."""
    transport = window.transport
    return transport.speed == 1 and frame < transport.frame < frame + 25


def until(hope: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONGEST_SECONDS
    while not hope():
        assert time.monotonic() < end, "what is waited for does not come"
        QTest.qWait(20)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # the window's threads would keep it for ever
