"""What is set in the dialog is in force at once, and at the next start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog, QTabBar
from pytestqt.qtbot import QtBot
from resident_engine import stopped
from window_hand import MINUTE, Control, Key, opened, press, say

import plugin_ui.window as window_module
from host_bridge.discovery import read_address
from plugin_ui.keeper import folder, may_be_cleared, stems_folder
from plugin_ui.look import palette, prefer
from plugin_ui.settings import Settings, read_settings
from plugin_ui.settings_dialog import SettingsDialog
from plugin_ui.stems import clear_oldest, handed_out
from plugin_ui.window import Window

_NEXT_START = """
import plugin_ui.__main__ as panel
from PyQt6.QtWidgets import QMainWindow
def shown(app):
    there = panel.QApplication.topLevelWidgets()
    (window,) = (one for one in there if isinstance(one, QMainWindow))
    print(window.menus.actions["settings"].text(), window.palette().window().color().name())
    window.close()
    return 0
panel.QApplication.exec = shown
panel.main()
"""


@pytest.fixture
def dialog(window: Window, qapp: QApplication) -> Iterator[SettingsDialog]:
    press(window, Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    yield dialog
    prefer("system", qapp)


def test_dark_and_light_are_seen_at_once_on_every_widget(
    window: Window, dialog: SettingsDialog, qapp: QApplication
) -> None:
    for scheme, name in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
        press(dialog.look, Key.Key_Down)
        told = palette(scheme)
        assert qapp.palette().window() == told.window()
        for field in window.findChildren(QComboBox):
            for role in (QPalette.ColorRole.Button, QPalette.ColorRole.ButtonText):
                active = QPalette.ColorGroup.Active
                assert field.palette().color(active, role) == told.color(active, role)
        assert read_settings().look == name
    assert not dialog.later.isVisible()


def test_the_tab_that_the_keys_are_on_is_seen(window: Window, dialog: SettingsDialog) -> None:
    press(dialog.look, Key.Key_Down)
    dialog.close()
    tabs = next(bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    plain = tabs.grab().toImage()
    tabs.setFocus(Qt.FocusReason.TabFocusReason)
    assert tabs.grab().toImage() != plain


def test_the_next_start_speaks_the_language_that_was_chosen(
    dialog: SettingsDialog, screen: None
) -> None:
    offered = [dialog.language.itemText(n) for n in range(dialog.language.count())]
    assert offered[1:] == ["English", "Deutsch"]
    for _ in range(2):
        press(dialog.language, Key.Key_Down)
    assert dialog.later.isVisible()
    press(dialog.look, Key.Key_Down)
    press(dialog.look, Key.Key_Down)
    ran = subprocess.run(
        [sys.executable, "-c", _NEXT_START], capture_output=True, text=True, timeout=100, check=True
    )
    light = palette(Qt.ColorScheme.Light).window().color().name()
    assert ran.stdout.split("\n")[0] == f"Einstellungen … {light}"


def test_a_loudspeaker_that_is_chosen_is_played_on_and_stays_chosen_while_it_is_away(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    monkeypatch.setattr(window_module, "opened", asked.append)
    window.preferences.change(loudspeaker="Desk monitors")
    qtbot.waitUntil(lambda: asked == ["Desk monitors"])
    press(window, Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    assert dialog.loudspeaker.currentText() == "Desk monitors"
    press(dialog.loudspeaker, Key.Key_Up)
    qtbot.waitUntil(lambda: asked == ["Desk monitors", ""])
    assert read_settings().loudspeaker == ""


def fields_of(window: Window) -> SettingsDialog:
    press(window, Key.Key_Comma, Control)
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    return dialog


def test_stems_go_where_it_was_chosen_and_those_that_are_elsewhere_stay(
    qtbot: QtBot, resident: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["", str(tmp_path / "sounds")]  # the first time nothing is chosen after all
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    before = read_settings()
    with opened(qtbot, clip, before) as window:
        say(window, "wood is hit")
        first = rendered(window, qtbot)
        assert first.parent == stems_folder()
        dialog = fields_of(window)
        press(dialog.stems, Key.Key_Down)
        assert dialog.stems.currentText() == "The panel's own folder"
        press(dialog.stems, Key.Key_Down)
        assert dialog.stems.currentText() == str(tmp_path / "sounds" / "cuelock stems")
        assert read_settings().stems == str(tmp_path / "sounds")
        dialog.close()
        second = rendered(window, qtbot)
        assert second.parent == tmp_path / "sounds" / "cuelock stems"
        assert second.exists()
        assert first.exists()
    with opened(qtbot, clip, read_settings()) as window:
        third = rendered(window, qtbot)
        assert third.parent == second.parent
        for stem in (first, second):
            assert Path(handed_out(str(stem))).parent == folder() / "handed out"
        window.preferences.change(stems=before.stems)


def test_what_lies_beside_the_stems_is_never_cleared(tmp_path: Path) -> None:
    film, stems = tmp_path / "film.mov", stems_folder(str(tmp_path))
    stems.mkdir()
    old = stems / "old.wav"
    for path in (film, old):
        path.write_bytes(b"0123456789")
    clear_oldest(stems, 1, ())
    assert film.exists()
    assert not old.exists()
    assert not may_be_cleared(film)
    assert may_be_cleared(old)


def rendered(window: Window, qtbot: QtBot) -> Path:
    """The stem of another take."""
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Control)
    (sounding,) = window.desk.sounding()
    return Path(sounding.stem.path)


def test_the_engine_starts_anew_with_its_idle_minutes_once_it_has_nothing_to_do(
    qtbot: QtBot, own_home: Path, clip: Path
) -> None:
    file = own_home / "engine.toml"
    file.write_text("# ours\nunload_seconds = 90\nqueue = 8\n")
    try:
        with opened(qtbot, clip) as window:
            say(window, "wood is hit")
            with qtbot.waitSignal(window.desk.link.progressed, timeout=MINUTE):
                press(window, Key.Key_R, Control)
            before = read_address()
            dialog = fields_of(window)
            assert dialog.idle.currentText() == "After 1.5 minutes"
            press(dialog.idle, Key.Key_Up)
            assert dialog.idle.currentText() == "Never"
            assert dialog.anew.isVisible()
            assert file.read_text() == "unload_seconds = inf\n# ours\nqueue = 8\n"
            qtbot.waitUntil(lambda: not window.desk.jobs, timeout=MINUTE)
            assert window.desk.work.take is not None
            qtbot.waitUntil(lambda: read_address() not in (None, before), timeout=MINUTE)
            rendered(window, qtbot)
            before = read_address()
            press(dialog.idle, Key.Key_T)
            assert dialog.idle.currentText() == "The engine's choice"
            assert file.read_text() == "# ours\nqueue = 8\n"
            qtbot.waitUntil(lambda: read_address() not in (None, before), timeout=MINUTE)
    finally:
        stopped()


def test_an_engine_file_that_cannot_be_read_is_told_and_left_alone(
    window: Window, resident: Path
) -> None:
    file = resident / "engine.toml"
    file.write_text("queue = \n")
    try:
        dialog = fields_of(window)
        assert not dialog.idle.isEnabled()
        assert "engine.toml" in window.message.text.text()
        assert file.read_text() == "queue = \n"
    finally:
        file.unlink()


def test_settings_of_a_panel_before_this_one_are_read(resident: Path) -> None:
    folder = resident / "panel"
    folder.mkdir(exist_ok=True)
    kept = folder / "settings.json"
    before = kept.read_bytes() if kept.exists() else b"{}"
    kept.write_text('{"pre_roll": 1.5}')
    assert read_settings() == Settings(pre_roll=1.5)
    kept.write_bytes(before)
