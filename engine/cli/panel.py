"""`cuelock panel`: the window. The engine's code and Qt never share a process."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from host_bridge.errors import CuelockError


def panel(
    clip: Annotated[
        Path | None, typer.Argument(metavar="CLIP", help="The clip; else the last one.")
    ] = None,
) -> None:
    """Open the panel."""
    command = panel_command(clip)
    if sys.platform == "win32":
        raise typer.Exit(subprocess.run(command).returncode)
    os.execv(command[0], command)  # this process becomes the panel: signals reach it


def panel_command(clip: Path | None) -> list[str]:
    """What starts the panel on a clip, else on the last one.

    Raises CuelockError engine.dependency.
    """
    if find_spec("PyQt6") is None:
        raise CuelockError(
            "engine.dependency",
            "The panel needs PyQt6, which is not installed.",
            hint="Install it with pip install 'cuelock[panel]'.",
        )
    return [sys.executable, "-m", "plugin_ui", *([str(clip.absolute())] if clip else [])]
