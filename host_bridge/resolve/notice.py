"""A sentence where Resolve's user sees it: the free edition has no windows for scripts.

Resolve's console is closed as a rule, so the system says it too, by what each system brings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

_POPUP = "(New-Object -ComObject WScript.Shell).Popup($env:CUELOCK_SAYS, 30, 'cuelock', 64)"


def notify(text: str, system: str = sys.platform) -> None:
    """Have the system show a sentence; nothing happens where it has no way to."""
    words = {
        # A JSON string is an AppleScript string.
        "darwin": ["osascript", "-e", f"display notification {json.dumps(text)} "
                   'with title "cuelock"'],
        "win32": ["powershell", "-NoProfile", "-Command", _POPUP],
    }.get(system, ["notify-send", "cuelock", text])  # fmt: skip
    program = shutil.which(words[0])
    if program is not None:
        subprocess.Popen(
            [program, *words[1:]],
            env={**os.environ, "CUELOCK_SAYS": text},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
