"""What holds for every clip, chosen in a dialog and in force at once, the language excepted."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QLocale, Qt
from PyQt6.QtMultimedia import QMediaDevices
from PyQt6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QPushButton, QWidget

from plugin_ui.languages import available
from plugin_ui.settings import Preferences
from plugin_ui.sound.output import loudspeakers


class SettingsDialog(QDialog):
    """Changes the preferences as they are chosen."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self._preferences = preferences
        self.language, self.look, self.loudspeaker = (QComboBox(self) for _ in range(3))
        self.later = QLabel(self.tr("The language changes when the panel is started again."), self)
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.clicked.connect(self.close)
        form = QFormLayout(self)
        for words, told, field in (
            (self.tr("&Language"), self.tr("Language of the panel"), self.language),
            (self.tr("L&ook"), self.tr("Whether the panel is dark or light"), self.look),
            (self.tr("Loud&speaker"), self.tr("Where the panel is heard"), self.loudspeaker),
        ):
            field.setAccessibleName(told)
            form.addRow(words, field)
        form.addRow(self.later)
        form.addRow(self.close_button)
        self._fill()
        self._devices = QMediaDevices(self)
        self._devices.audioOutputsChanged.connect(self._fill_loudspeakers)
        self.language.activated.connect(self._take_language)
        self.look.activated.connect(lambda: preferences.change(look=self.look.currentData()))
        self.loudspeaker.activated.connect(
            lambda: preferences.change(loudspeaker=self.loudspeaker.currentData())
        )

    def _fill(self) -> None:
        settings, system = self._preferences.settings, self.tr("The system's choice")
        spoken = (("en", "English"), *((code, _own_name(code)) for code in available()))
        _offer(self.language, (("", system), *spoken), settings.language)
        looks = (("system", system), ("dark", self.tr("Dark")), ("light", self.tr("Light")))
        _offer(self.look, looks, settings.look)
        self._fill_loudspeakers()
        self.later.hide()

    def _fill_loudspeakers(self) -> None:
        chosen = self._preferences.settings.loudspeaker
        names = [one.description() for one in loudspeakers()]
        if chosen and chosen not in names:
            names.append(chosen)
        offered = (("", self.tr("The system's choice")), *((name, name) for name in names))
        _offer(self.loudspeaker, offered, chosen)

    def _take_language(self) -> None:
        self._preferences.change(language=self.language.currentData())
        self.later.show()


def _offer(field: QComboBox, offered: Iterable[tuple[str, str]], chosen: str) -> None:
    field.clear()
    for value, words in offered:
        field.addItem(words, value)
    field.setCurrentIndex(max(0, field.findData(chosen)))


def _own_name(code: str) -> str:
    """A language as those who speak it write it."""
    name = QLocale(code).nativeLanguageName()
    return name[:1].upper() + name[1:]
