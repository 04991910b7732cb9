"""Programs run from inside Blender, a step at a time: Blender never waits for them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Callable, Generator, Sequence

_PATIENCE_SECONDS = 2.0
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows alone knows it


def followed(
    words: Sequence[str], stdout: Path, stderr: Path, how_far: Callable[[], str]
) -> Generator[str, None, int]:
    """Run a program to its end; yields how far it is, returns its exit status.

    Closing it ends the program.
    """
    with stdout.open("wb") as out, stderr.open("wb") as err:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, creationflags=_NO_WINDOW
        )
        try:
            while (status := child.poll()) is None:
                yield how_far()
        finally:
            _ended(child)
    return status


def last_line(told: Path) -> str:
    """What a program said last, so far."""
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else ""


def _ended(child: subprocess.Popen[bytes]) -> None:
    """Interrupt a program that still runs; one that does not hear it is killed."""
    if child.poll() is not None:
        return
    if os.name == "nt":
        child.terminate()
    else:
        child.send_signal(signal.SIGINT)
    try:
        child.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
