"""A host on the bench: a real project, our bridge to it, and what looks inside the host itself."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from real_stems import Case

from engine.cli import main
from host_bridge.timeline import Host

USERS_TRACK = "Dialogue"
USERS_CLIP = (0, 20)  # frames of the user's own clip on it


def ended(words: list[str]) -> str:
    """The error that a command tells a person of; none when it does what it should."""
    said = io.StringIO()
    with redirect_stderr(said):
        status = main(words)
    return said.getvalue() if status else ""


class Bench(Protocol):
    """One project with a movie from its first frame on, and a user's clip on a track of theirs."""

    host: Host

    def __init__(self, folder: Path, case: Case, clip: Path, sound: Path) -> None:
        """Make and save the project, the case's marks set where the host has marks."""
        ...

    def exported(self) -> np.ndarray:
        """What the host itself exports from the timeline's first frame on, without the user's
        clip: [samples] of one channel, opened from disk."""
        ...

    @staticmethod
    def drift(case: Case) -> int:
        """Samples by which the host itself shifts a clip behind its first frame."""
        ...

    @staticmethod
    def late(case: Case) -> int:
        """Samples by which the host itself may begin a clip late."""
        ...

    def users_own(self) -> Any:
        """The user's clips and marks as the host itself shows them, opened from disk."""
        ...

    def sound(self, text: str) -> str:
        """Do what a user does to have a sound made for the marks; the error that they are told of,
        none when it is made."""
        ...

    def events(self) -> list[int]:
        """Do what a user does to have the events under the marks marked; the frames of those marks
        as the host itself shows them."""
        ...

    def lock(self) -> None:
        """Lock the user's track, in the host's own way."""
        ...

    def unmark(self) -> None:
        """Take the marks away."""
        ...
