"""Which engine is asked: this machine's, or one of another that is chosen and forgotten here."""

from __future__ import annotations

import os
import platform
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from zmq.utils import z85

from host_bridge.discovery import Address, own_keys, remote_address
from host_bridge.errors import CuelockError
from plugin_ui.link import EngineLink, EngineState
from plugin_ui.messages import MessageBar
from plugin_ui.remote import RemoteEngine
from plugin_ui.settings import Preferences

_KEY_BYTES = 32


class EngineDialog(QDialog):
    """An engine's name and address, and the key by which it lets this panel in.

    chose(RemoteEngine | None): ask this one; None: this machine's.
    """

    chose = pyqtSignal(object)

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Engine"))
        self.message, self.used = MessageBar(self), QLabel(self)
        self.used.setWordWrap(True)
        self.name, self.address = QLineEdit(self), QPlainTextEdit(self)
        self.address.setTabChangesFocus(True)
        self.address.setPlaceholderText(self.tr("What `cuelock engine address` prints there"))
        self.let_in = QLineEdit(
            f"cuelock engine keys add {_own_name()} -- {shlex.quote(key)}", self
        )
        self.let_in.setReadOnly(True)
        self.let_in.setCursorPosition(0)
        self.browse = QPushButton(self.tr("From a file…"), self)
        self.copy = QPushButton(self.tr("Copy"), self)
        self.use = QPushButton(self.tr("Use it"), self)
        self.forget = QPushButton(self.tr("Forget it"), self)
        for button in (self.browse, self.copy, self.forget):
            button.setAutoDefault(False)
        self._lay_out()
        self.browse.clicked.connect(self._browse)
        self.copy.clicked.connect(self._copy)
        self.use.clicked.connect(self._use)
        self.forget.clicked.connect(lambda: self.chose.emit(None))

    def _lay_out(self) -> None:
        form, let_in, buttons = QFormLayout(), QHBoxLayout(), QHBoxLayout()
        let_in.addWidget(self.let_in, 1)
        let_in.addWidget(self.copy)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("&Address"), self.address)
        form.addRow("", self.browse)
        form.addRow(self.tr("Give there"), let_in)
        for field, told in (
            (self.name, self.tr("What the engine is called here")),
            (self.address, self.tr("The engine's address")),
            (self.let_in, self.tr("The command that lets this panel in, with its key")),
        ):
            field.setAccessibleName(told)
        buttons.addStretch()
        buttons.addWidget(self.forget)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.addWidget(self.message)
        column.addWidget(self.used)
        column.addLayout(form)
        column.addLayout(buttons)
        self.resize(560, 360)

    def show_engine(self, far: RemoteEngine | None) -> None:
        """The one that is chosen."""
        self.message.hide()
        self.forget.setEnabled(far is not None)
        if far is None:
            self.used.setText(self.tr("The engine of this machine is used."))
            return
        self.used.setText(
            self.tr(
                "The engine {name} is used: clips go there, stems come here. Its takes are its"
                " own: forget it, and this machine's are shown."
            ).format(name=far.name)
        )
        self.name.setText(far.name)
        self.address.setPlainText(msgspec.json.format(msgspec.json.encode(far.address)).decode())

    def _browse(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("The engine's address"))
        if not path:
            return
        try:
            self.address.setPlainText(Path(path).read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            self.message.say(_no_address())
        else:
            self.name.setText(self.name.text() or Path(path).stem)

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self.let_in.text())

    def _use(self) -> None:
        try:
            address = _address(self.address.toPlainText())
        except CuelockError as error:
            self.message.say(error)
            return
        host = address.control.removeprefix("tcp://").rpartition(":")[0]
        self.chose.emit(RemoteEngine(name=self.name.text().strip() or host, address=address))


class Engines(QObject):
    """Opens the dialog, keeps what is chosen and has the line ask it.

    failed(CuelockError): an engine of another machine cannot be used, once for each reason.
    """

    failed = pyqtSignal(object)

    def __init__(self, link: EngineLink, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._link, self._preferences, self._window = link, preferences, window
        self._told = ""
        self.dialog: EngineDialog | None = None
        link.state_changed.connect(self._state)

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"engine": self._open}

    def begin(self) -> None:
        """The engine that was chosen last, else the one that CUELOCK_ENGINE names."""
        far = self._preferences.settings.engine
        try:
            self._link.choose(far or _named_by_environment())
        except CuelockError as error:
            self.failed.emit(error)

    def _open(self) -> None:
        if self.dialog is None:
            try:
                key = own_keys("client").public
            except CuelockError as error:
                self.failed.emit(error)
                return
            self.dialog = EngineDialog(key, self._window)
            self.dialog.chose.connect(self._choose)
        self.dialog.show_engine(self._preferences.settings.engine)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _choose(self, far: RemoteEngine | None) -> None:
        self._preferences.change(engine=far)
        self._told = ""
        self.begin()
        if self.dialog is not None:
            self.dialog.close()

    def _state(self, state: EngineState) -> None:
        if state.status is not None:
            self._told = ""
        elif state.name and state.error is not None and state.error.code != self._told:
            self._told = state.error.code
            self.failed.emit(state.error)


def _named_by_environment() -> RemoteEngine | None:
    address = remote_address()
    if address is None:
        return None
    return RemoteEngine(name=Path(os.environ["CUELOCK_ENGINE"]).stem, address=address)


def _address(text: str) -> Address:
    """An address as it is printed where the engine runs. Raises CuelockError request.option."""
    try:
        address = msgspec.json.decode(text, type=Address)
        if len(z85.decode(address.server_key.encode())) != _KEY_BYTES:
            raise _no_address()
    except (ValueError, KeyError) as error:  # msgspec's are the first
        raise _no_address() from error
    if not all(re.fullmatch(r"tcp://\S+:\d+", one) for one in _endpoints(address)):
        raise _no_address()
    return replace(address, epoch="", pid=0)


def _endpoints(address: Address) -> tuple[str, ...]:
    return address.control, address.commands, address.events


def _no_address() -> CuelockError:
    return CuelockError(
        "request.option",
        "This is no engine's address.",
        hint="Paste all that `cuelock engine address` prints where the engine runs.",
    )


def _own_name() -> str:
    """This machine's name as a key may be called."""
    return re.sub(r"\W", "_", f"panel_{platform.node()}")
