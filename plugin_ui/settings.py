"""What an artist has set for every clip: one frozen value, kept as JSON in the panel's folder."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from plugin_ui.keeper import folder
from plugin_ui.look import Look
from plugin_ui.remote import RemoteEngine


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """places: the project file that was placed into last, of each host; microphone: its name, ""
    for the system's own choice; latencies: samples, of each microphone; pre_roll: seconds of
    picture before a guide is recorded; count_in: whether beeps lead into it; engine: the one of
    another machine that is asked, None for this machine's; language: its code, "" for the
    system's; loudspeaker: its name, "" for the system's own choice; stems: a folder in which
    those of takes go, "" for the panel's own.
    """

    places: dict[str, str] = {}
    microphone: str = ""
    latencies: dict[str, int] = {}
    pre_roll: float = 3.0
    count_in: bool = True
    engine: RemoteEngine | None = None
    language: str = ""
    look: Look = "system"
    loudspeaker: str = ""
    stems: str = ""


def read_settings() -> Settings:
    """As they were kept. Raises CuelockError request.option for a file that cannot be read."""
    path = folder() / "settings.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.MsgspecError) as error:
        raise CuelockError(
            "request.option",
            f"The settings of your own cannot be used: {error}.",
            hint=f"Mend {path}, or delete it.",
        ) from error


class Preferences(QObject):
    """The settings as they are now.

    changed(Settings, Settings): before and after. failed(CuelockError): they cannot be kept.
    """

    changed = pyqtSignal(object, object)
    failed = pyqtSignal(object)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings

    def change(self, **fields: object) -> None:
        """Set something, from now on and at the next start."""
        before, self.settings = self.settings, replace(self.settings, **fields)
        if self.settings == before:
            return
        path = folder() / "settings.json"
        part = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(msgspec.json.format(msgspec.json.encode(self.settings)))
            part.replace(path)
        except OSError as error:
            self.failed.emit(
                CuelockError(
                    "disk.readonly",
                    f"The settings cannot be kept: {error.strerror}.",
                    hint=f"Look at the rights of {path.parent} and at the space on its disk.",
                )
            )
        self.changed.emit(before, self.settings)
