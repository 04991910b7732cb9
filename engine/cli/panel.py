"""`cuelock panel`: the window, in a process of its own."""

from __future__ import annotations

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
    if find_spec("PyQt6") is None:
        raise CuelockError(
            "engine.dependency",
            "The panel needs PyQt6, which is not installed.",
            hint="Install it with pip install 'cuelock[panel]'.",
        )
    words = [str(clip.absolute())] if clip else []
    raise typer.Exit(subprocess.run([sys.executable, "-m", "plugin_ui", *words]).returncode)
