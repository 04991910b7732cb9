"""How the panel looks: one calm style on every system, dark or light as the system is."""

from __future__ import annotations

from functools import partial
from typing import Literal

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication

Look = Literal["system", "dark", "light"]

_Role, _Group = QPalette.ColorRole, QPalette.ColorGroup

_SCHEMES: dict[Look, Qt.ColorScheme] = {
    "system": Qt.ColorScheme.Unknown,
    "dark": Qt.ColorScheme.Dark,
    "light": Qt.ColorScheme.Light,
}
#: window, base, button, text, faint text, highlight, text on it
_DARK = ("#212326", "#303438", "#3d4247", "#dcdee0", "#85898e", "#3d7ea6", "#ffffff")
_LIGHT = ("#eceef0", "#fbfbfc", "#e0e3e6", "#1d1f21", "#6d7278", "#2b6f9a", "#ffffff")


#: What the palette alone leaves invisible in the dark, what is on at a glance, and tabs that need
#: little more room than their words.
_SIGNS = """
QCheckBox::indicator:unchecked, QTreeView::indicator:unchecked {
    border: 1px solid #85898e; border-radius: 2px; background: transparent;
}
QTreeView::item { padding: 2px; }
QTabBar::tab { padding: 5px 7px; border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { border-bottom-color: palette(highlight); }
QTabBar::tab:hover:!selected { border-bottom-color: palette(button); }
QTabBar::tab:focus { background: palette(highlight); color: palette(highlighted-text); }
"""


def dress(app: QApplication) -> None:
    """Give an application the panel's look, now and whenever the system changes its mind.

    A system that says nothing gets the dark one: pictures are judged in the dark.
    """
    app.setStyle("Fusion")
    hints = app.styleHints()
    assert hints is not None
    hints.colorSchemeChanged.connect(partial(colour, app))
    colour(app, hints.colorScheme())


def prefer(look: Look, app: QApplication) -> None:
    """Dark or light whatever the system is, or as the system is."""
    hints = app.styleHints()
    assert hints is not None
    hints.setColorScheme(_SCHEMES[look])
    colour(app, _SCHEMES[look] if look != "system" else hints.colorScheme())


def colour(app: QApplication, scheme: Qt.ColorScheme) -> None:
    """Every widget that there is, and those that come, in the colours of a scheme."""
    app.setPalette(palette(scheme))
    app.setStyleSheet(_SIGNS)  # what it has polished before keeps its palette else


def palette(scheme: Qt.ColorScheme) -> QPalette:
    """The colours of a scheme."""
    told = _LIGHT if scheme == Qt.ColorScheme.Light else _DARK
    window, base, button, text, faint, highlight, on_highlight = map(QColor, told)
    made = QPalette(button, window)
    for role, colour in (
        (_Role.Window, window), (_Role.Base, base), (_Role.AlternateBase, window),
        (_Role.Button, button), (_Role.ToolTipBase, base), (_Role.ToolTipText, text),
        (_Role.WindowText, text), (_Role.Text, text), (_Role.ButtonText, text),
        (_Role.BrightText, QColor("#ff5f4d")), (_Role.PlaceholderText, faint),
        (_Role.Highlight, highlight), (_Role.HighlightedText, on_highlight),
        (_Role.Link, highlight), (_Role.Accent, highlight),
    ):  # fmt: skip
        made.setColor(role, colour)
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        made.setColor(_Group.Disabled, role, faint)
    made.setColor(_Group.Disabled, _Role.Highlight, button)
    return made
