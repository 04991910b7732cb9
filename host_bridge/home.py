"""Where cuelock keeps what it writes: one folder, the same for the engine and every client.

By the standard library alone, because hosts bring old Pythons; the places are those that
platformdirs names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """CUELOCK_HOME, or the system's folder for a user's application data. Not created here."""
    chosen = os.environ.get("CUELOCK_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "cuelock"
        )
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "cuelock"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "cuelock"
