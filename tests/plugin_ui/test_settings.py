"""What is set in the dialog is in force at once, and at the next start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from window_hand import Key, press

import plugin_ui.window as window_module
from plugin_ui.look import palette, prefer
from plugin_ui.settings import Settings, read_settings
from plugin_ui.settings_dialog import SettingsDialog
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


def test_dark_and_light_are_seen_at_once(dialog: SettingsDialog, qapp: QApplication) -> None:
    for scheme, name in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
        press(dialog.look, Key.Key_Down)
        assert qapp.palette().window() == palette(scheme).window()
        assert read_settings().look == name
    assert not dialog.later.isVisible()


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


def test_settings_of_a_panel_before_this_one_are_read(resident: Path) -> None:
    folder = resident / "panel"
    folder.mkdir(exist_ok=True)
    kept = folder / "settings.json"
    before = kept.read_bytes() if kept.exists() else b"{}"
    kept.write_text('{"pre_roll": 1.5}')
    assert read_settings() == Settings(pre_roll=1.5)
    kept.write_bytes(before)
