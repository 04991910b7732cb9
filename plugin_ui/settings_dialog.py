"""What holds for every clip, chosen in a dialog and in force at once.

The language is spoken by the panel's next start, and the engine starts anew for what it reads then.
"""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QLocale, Qt, pyqtSignal
from PyQt6.QtMultimedia import QMediaDevices
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from host_bridge.errors import CuelockError
from plugin_ui.engine_file import idle_minutes, set_idle_minutes
from plugin_ui.keeper import stems_folder
from plugin_ui.languages import available
from plugin_ui.settings import Preferences
from plugin_ui.sound.output import loudspeakers

_IDLE_MINUTES = ("1", "5", "15", "60", "inf")
_ANOTHER = "…"


class SettingsDialog(QDialog):
    """Changes the preferences as they are chosen.

    engine_set(): what the engine reads at its start has changed.
    """

    engine_set = pyqtSignal()

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self._preferences = preferences
        self.language, self.look, self.loudspeaker = (QComboBox(self) for _ in range(3))
        self.stems, self.idle = QComboBox(self), QComboBox(self)
        self.later = QLabel(self.tr("The language changes when the panel is started again."), self)
        self.anew = QLabel(self.tr("The engine starts anew, once it has nothing to do."), self)
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.clicked.connect(self.close)
        form = QFormLayout(self)
        for words, told, field in (
            (self.tr("&Language"), self.tr("Language of the panel"), self.language),
            (self.tr("L&ook"), self.tr("Whether the panel is dark or light"), self.look),
            (self.tr("Loud&speaker"), self.tr("Where the panel is heard"), self.loudspeaker),
            (self.tr("S&tems"), self.tr("Folder in which stems go"), self.stems),
            (
                self.tr("&Unload models"),
                self.tr("When this machine's engine, idle, lets go of its models"),
                self.idle,
            ),
        ):
            field.setAccessibleName(told)
            field.setToolTip(told)
            form.addRow(words, field)
        form.addRow(self.later)
        form.addRow(self.anew)
        form.addRow(self.close_button)
        self._fill()
        self._devices = QMediaDevices(self)
        self._devices.audioOutputsChanged.connect(self._fill_loudspeakers)
        self.language.activated.connect(self._take_language)
        self.look.activated.connect(lambda: preferences.change(look=self.look.currentData()))
        self.loudspeaker.activated.connect(
            lambda: preferences.change(loudspeaker=self.loudspeaker.currentData())
        )
        self.stems.activated.connect(self._take_stems)
        self.idle.activated.connect(self._take_idle)

    def _fill(self) -> None:
        settings, system = self._preferences.settings, self.tr("The system's choice")
        spoken = (("en", "English"), *((code, _own_name(code)) for code in available()))
        _offer(self.language, (("", system), *spoken), settings.language)
        looks = (("system", system), ("dark", self.tr("Dark")), ("light", self.tr("Light")))
        _offer(self.look, looks, settings.look)
        self._fill_loudspeakers()
        self._fill_stems()
        self._fill_idle()
        self.later.hide()
        self.anew.hide()

    def _fill_loudspeakers(self) -> None:
        chosen = self._preferences.settings.loudspeaker
        names = [one.description() for one in loudspeakers()]
        if chosen and chosen not in names:
            names.append(chosen)
        offered = (("", self.tr("The system's choice")), *((name, name) for name in names))
        _offer(self.loudspeaker, offered, chosen)

    def _fill_stems(self) -> None:
        chosen = self._preferences.settings.stems
        own = ("", self.tr("The panel's own folder"))
        there = ((chosen, str(stems_folder(chosen))),) if chosen else ()
        _offer(self.stems, (own, *there, (_ANOTHER, self.tr("Another folder…"))), chosen)

    def _fill_idle(self) -> None:
        try:
            minutes = idle_minutes()
        except CuelockError as error:
            self._preferences.failed.emit(error)
            self.idle.setEnabled(False)
            return
        chosen = "" if minutes is None else f"{minutes:g}"
        told = {one: self.tr("After {n} minutes").format(n=one) for one in (*_IDLE_MINUTES, chosen)}
        told |= {
            "": self.tr("The engine's choice"),
            "1": self.tr("After a minute"),
            "inf": self.tr("Never"),
        }
        offered = dict.fromkeys(("", *_IDLE_MINUTES, chosen))
        _offer(self.idle, ((one, told[one]) for one in offered), chosen)

    def _take_stems(self) -> None:
        chosen = self.stems.currentData()
        if chosen == _ANOTHER:
            before = self._preferences.settings.stems
            title = self.tr("A folder for stems")
            chosen = QFileDialog.getExistingDirectory(self, title, before) or before
        self._preferences.change(stems=chosen)
        self._fill_stems()

    def _take_idle(self) -> None:
        chosen = self.idle.currentData()
        try:
            set_idle_minutes(float(chosen) if chosen else None)
        except CuelockError as error:
            self._preferences.failed.emit(error)
            return
        self.anew.show()
        self.engine_set.emit()

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
