"""Every word of the panel is translated, and what stands for something stays."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PyQt6.QtCore import QCoreApplication, QLocale
from pytestqt.qtbot import QtBot

import plugin_ui
from plugin_ui.docks.region import RegionDock
from plugin_ui.history import History
from plugin_ui.languages import available, translation
from plugin_ui.session import Work
from plugin_ui.sheet import told

_HERE = Path(plugin_ui.__file__).parent
_STANDING = re.compile(r"\{\w+\}")


def words(path: Path) -> dict[tuple[str, str], str]:
    return {
        (context.findtext("name", ""), message.findtext("source", "")): message.findtext(
            "translation", ""
        )
        for context in ElementTree.parse(path).getroot().iter("context")
        for message in context.iter("message")
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """What the panel's source says, found by Qt's own tool."""
    found = tmp_path_factory.mktemp("words") / "found.ts"
    tool = Path(sys.executable).with_name("pylupdate6")
    sources = sorted(str(path) for path in _HERE.rglob("*.py"))
    subprocess.run([tool, "--ts", found, *sources], check=True, capture_output=True)
    return set(words(found))


@pytest.mark.parametrize("language", available())
def test_every_word_is_translated_and_none_too_many(
    language: str, said: set[tuple[str, str]]
) -> None:
    there = words(_HERE / "languages" / f"{language}.ts")
    assert set(there) == said
    assert [key for key, translated in there.items() if not translated] == []


@pytest.mark.parametrize("language", available())
def test_what_is_filled_in_stays(language: str) -> None:
    for (_, source), translated in words(_HERE / "languages" / f"{language}.ts").items():
        assert sorted(_STANDING.findall(source)) == sorted(_STANDING.findall(translated))


def test_the_panel_speaks_german(qtbot: QtBot) -> None:
    app = QCoreApplication.instance()
    assert app is not None
    german = translation(QLocale("de_AT"), app)
    assert german is not None
    app.installTranslator(german)
    try:
        dock = RegionDock(History(Work()))
        qtbot.addWidget(dock)
        assert dock.locks["energy"].text() == "Energie"
        assert told("Render the region, or the whole clip") == ("Bereich oder ganzen Clip rendern")
    finally:
        app.removeTranslator(german)
    assert translation(QLocale("fr_FR"), app) is None
