"""Place in a host: where each stem would go is seen before anything moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from host_bridge.errors import CuelockError
from host_bridge.timeline import Placement
from plugin_ui import background
from plugin_ui.desk import Desk
from plugin_ui.messages import MessageBar
from plugin_ui.placing.cargo import Cargo, Plan, placed, planned
from plugin_ui.placing.doors import Door, doors, own_menus
from plugin_ui.settings import Preferences

_Work = Callable[[Door, Path, Cargo, str | None], Plan]


class PlaceDialog(QDialog):
    """Plans as soon as a host and its file are known, and again when anything is chosen.

    chose(str, str): this file of this host, for the next time.
    """

    chose = pyqtSignal(str, str)
    _done = pyqtSignal(object, bool, int)
    _failed = pyqtSignal(object, int)

    def __init__(
        self, cargo: Callable[[], Cargo | None], places: dict[str, str],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(self.tr("Place in a host"))
        self._cargo, self._places = cargo, dict(places)
        self._asked = 0  # the newest look's number: older answers come too late
        self._doors = doors()
        self.hosts, self.path, self.onto = QComboBox(self), QLineEdit(self), QComboBox(self)
        self.hosts.addItems([door.name for door in self._doors])
        self.browse = QPushButton(self.tr("Choose…"), self)
        self.message, self.where = MessageBar(self), QLabel(self)
        self.where.setWordWrap(True)
        self.rows = QTreeWidget(self)
        self.rows.setRootIsDecorated(False)
        self.rows.setAccessibleName(self.tr("Where each stem goes"))
        self.rows.setHeaderLabels(
            [self.tr("Layer"), self.tr("Track"), self.tr("At"), self.tr("State"), self.tr("File")]
        )
        self.look_button = QPushButton(self.tr("Look again"), self)
        self.place_button = QPushButton(self.tr("Place"), self)
        for button in (self.browse, self.look_button, self.place_button):
            button.setAutoDefault(False)  # Enter in a field looks, it never places
        self._lay_out()
        self._connect()
        self._choose_host()

    def _lay_out(self) -> None:
        file, buttons, form = QHBoxLayout(), QHBoxLayout(), QFormLayout()
        file.addWidget(self.path)
        file.addWidget(self.browse)
        form.addRow(self.tr("&Host"), self.hosts)
        form.addRow(self.tr("&Saved as"), file)
        form.addRow(self.tr("&Onto"), self.onto)
        for field, told in (
            (self.hosts, self.tr("Host")), (self.path, self.tr("The host's project file")),
            (self.onto, self.tr("Track")),
        ):  # fmt: skip
            field.setAccessibleName(told)
        buttons.addStretch()
        buttons.addWidget(self.look_button)
        buttons.addWidget(self.place_button)
        header = self.rows.header()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.addWidget(self.message)
        column.addLayout(form)
        column.addWidget(self.where)
        column.addWidget(self.rows, 1)
        for check in own_menus():
            told = self.tr("{host} places from its own scripts menu: {state}").format(
                host=check.name, state=check.remedy or check.detail
            )
            line = QLabel(told, self)
            line.setWordWrap(True)
            column.addWidget(line)
        column.addLayout(buttons)
        self.resize(760, 420)

    def _connect(self) -> None:
        self.hosts.currentIndexChanged.connect(self._choose_host)
        self.path.editingFinished.connect(self.look)
        self.onto.activated.connect(self.look)
        self.browse.clicked.connect(self._browse)
        self.look_button.clicked.connect(self.look)
        self.place_button.clicked.connect(lambda: self._ask(placed, moves=True))
        self._done.connect(self._show)
        self._failed.connect(self._say)

    @property
    def _door(self) -> Door:
        return self._doors[self.hosts.currentIndex()]

    def _choose_host(self) -> None:
        door = self._door
        self.path.setText(self._places.get(door.name, ""))
        for widget in (self.path, self.browse):
            widget.setEnabled(bool(door.patterns))
        self._show_tracks(())
        self.look()

    def _browse(self) -> None:
        kind = f"{self._door.name} ({' '.join(self._door.patterns)})"
        path, _kind = QFileDialog.getOpenFileName(
            self, self.tr("The host's project file"), self.path.text(), kind
        )
        if path:
            self.path.setText(path)
            self.look()

    def look(self) -> None:
        """Plan what is chosen; the host is read anew."""
        self._ask(planned, moves=False)

    def _ask(self, work: _Work, *, moves: bool) -> None:
        """Away from the GUI thread: a host may be slow, and a project large."""
        self.rows.clear()
        self.where.clear()
        self.message.hide()
        self.place_button.setEnabled(False)
        self._asked += 1
        cargo, door, path = self._cargo(), self._door, Path(self.path.text().strip())
        if cargo is None:
            self.where.setText(self.tr("Nothing is heard that could be placed: choose a take."))
            return
        if door.patterns and not self.path.text().strip():
            self.where.setText(self.tr("Save and close the project in its host, then choose it."))
            return
        number, onto = self._asked, self.onto.currentData()

        def run() -> None:
            try:
                plan = work(door, path, cargo, onto)
            except CuelockError as error:
                self._failed.emit(error, number)
            else:
                self._done.emit(plan, moves, number)

        background.begin(run)

    # --- what is seen

    def _say(self, error: CuelockError, number: int) -> None:
        if number == self._asked:
            self.message.say(error)

    def _show(self, plan: Plan, moved: bool, number: int) -> None:
        if number != self._asked:
            return
        if self._door.patterns:
            self._places[self._door.name] = self.path.text()
            self.chose.emit(self._door.name, self.path.text())
        self._show_tracks(plan.tracks)
        for one in plan.placements:
            row = QTreeWidgetItem(
                self.rows, [one.stem.layer, self._track(one, plan), plan.label(one),
                            self._state(one), Path(one.stem.path).name],
            )  # fmt: skip
            row.setToolTip(3, one.reason)
            row.setToolTip(4, one.stem.path)
        refused = [one.reason for one in plan.placements if one.state == "refused"]
        words = [
            self.tr("The stems stand under their clip.")
            if plan.shown
            else self.tr("The timeline does not show the clip: the stems stand by their timecode."),
            self.tr("Files: {folder}").format(folder=plan.folder),
            *([self.tr("Nothing is placed.")] if refused else []),
            *dict.fromkeys(refused),
        ]
        self.where.setText(" ".join(words))
        ready = not moved and any(one.state == "place" for one in plan.placements)
        self.place_button.setEnabled(ready)

    def _show_tracks(self, names: tuple[str, ...]) -> None:
        """Tracks to choose from; the one that is chosen stays so."""
        chosen = self.onto.currentData()
        self.onto.clear()
        self.onto.addItem(self.tr("Tracks of cuelock's own"), None)
        for name in names:
            self.onto.addItem(name, name)
        self.onto.setCurrentIndex(max(0, self.onto.findData(chosen)) if chosen else 0)

    def _track(self, one: Placement, plan: Plan) -> str:
        new = one.state == "place" and one.track_name not in plan.tracks
        return self.tr("{track} (new)").format(track=one.track_name) if new else one.track_name

    def _state(self, one: Placement) -> str:
        return {
            "place": self.tr("to be placed"),
            "there": self.tr("is there"),
            "placed": self.tr("placed"),
            "refused": self.tr("refused: {why}").format(why=one.reason),
        }[one.state]


class Placing(QObject):
    """Opens the dialog for what is heard, all of a batch's takes included."""

    def __init__(self, desk: Desk, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._preferences, self._window = desk, preferences, window
        self.dialog: PlaceDialog | None = None

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"place": self._open}

    def _open(self) -> None:
        if self.dialog is None:
            places = self._preferences.settings.places
            self.dialog = PlaceDialog(self._cargo, places, self._window)
            self.dialog.chose.connect(self._keep)
        else:
            self.dialog.look()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _cargo(self) -> Cargo | None:
        stems = (*self._desk.sounding(), *self._desk.beside())
        return Cargo.of(self._desk.here, stems) if stems and self._desk.here else None

    def _keep(self, host: str, path: str) -> None:
        places = self._preferences.settings.places
        self._preferences.change(places=places | {host: path})
