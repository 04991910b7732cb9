"""Scrubbing is measured on what is really shown."""

from __future__ import annotations

from pathlib import Path

from media_factory import write_numbered
from pytestqt.qtbot import QtBot

from media.clip import open_clip
from plugin_ui.picture import PictureView
from plugin_ui.picture.bench import measure_scrub


def test_a_drag_there_and_back_is_timed_move_by_move(qtbot: QtBot, tmp_path: Path) -> None:
    clip = open_clip(write_numbered(tmp_path / "clip.mp4", 60))
    view = PictureView()
    qtbot.addWidget(view, before_close_func=lambda _: view.leave())
    with qtbot.waitExposed(view):
        view.show()
    frames: list[int] = []
    view.shown.connect(frames.append)
    scrub = measure_scrub(view, clip)
    assert scrub.moves == len(frames) - 1
    assert set(frames) == set(range(60))
    assert frames[-1] == 0
    assert 0 < scrub.median_ms <= scrub.p95_ms
