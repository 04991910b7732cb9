"""`python -m plugin_ui [CLIP]`: the panel. `cuelock panel` starts it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PyQt6.QtCore import QLocale, QTimer
from PyQt6.QtWidgets import QApplication

from host_bridge.client import VERSION
from host_bridge.errors import CuelockError
from plugin_ui.emblem import emblem
from plugin_ui.faults import Faults
from plugin_ui.keeper import last_clip
from plugin_ui.languages import translation
from plugin_ui.look import dress, prefer
from plugin_ui.settings import Settings, read_settings
from plugin_ui.window import Window


def main() -> int:
    """Open the panel on a clip, else on the last one, and run until it is closed."""
    app = QApplication(sys.argv)
    app.setApplicationName("cuelock")
    app.setApplicationDisplayName("cuelock")
    app.setApplicationVersion(VERSION)
    app.setWindowIcon(emblem())
    try:
        settings, refused = read_settings(), None
    except CuelockError as error:
        settings, refused = Settings(), error
    dress(app)
    prefer(settings.look, app)
    locale = QLocale(settings.language) if settings.language else QLocale()
    words = translation(locale, app)
    if words is not None:
        app.installTranslator(words)
    window = Window(settings)
    if refused is not None:
        window.message.say(refused)
    faults = Faults(app)
    faults.happened.connect(window.tell_fault)
    faults.watch()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: window.leaving.decide())
    heartbeat = QTimer(app)  # Python hears of signals between Qt's events only
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start(500)
    clip = sys.argv[1] if len(sys.argv) > 1 else last_clip()
    if clip:
        window.desk.open(Path(clip))
    else:
        window.welcome()
    window.show()
    status = app.exec()
    window.end()
    return status


if __name__ == "__main__":
    sys.exit(main())
