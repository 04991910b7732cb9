"""What the behaviour suite needs of a host: a timeline to set up, and a look inside afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import soundfile

from host_bridge.timecode import SampleIndex
from host_bridge.timeline import Host, MarkedRange, Placement, Stem

TAKE = "8c1f00d2aa"


class Sounding(NamedTuple):
    """A clip as the host itself has it, in samples at 48 kHz from the timeline's first frame."""

    track: str
    start: int
    stop: int
    file: str


class ScriptedBench(Protocol):
    """A host with an empty timeline. Positions are frames and samples from its first frame."""

    @property
    def host(self) -> Host: ...

    @property
    def one_undo(self) -> bool:
        """Whether the host can make placing one step of undo."""
        ...

    @property
    def tracks_have_kinds(self) -> bool:
        """Whether it is known which channels a track takes, and whether it is locked."""
        ...

    @property
    def locks_are_kept_quiet(self) -> bool:
        """Whether a locked track takes nothing, and nothing says so beforehand."""
        ...

    def added(self, number: int) -> str:
        """What the track is called that is added when there are number - 1."""
        ...

    def timeline(self, rate: str, start: str) -> None: ...

    def mark(self, start: int, stop: int) -> None: ...

    def picture(
        self, path: Path, start: int, stop: int, media_start: int, *, speed: int = 1
    ) -> None: ...

    def track(self, name: str, *, channels: int = 1, locked: bool = False) -> None: ...

    def clip(self, track: str, path: Path, start: int) -> None:
        """Start is a frame."""
        ...

    def sounding(self) -> list[Sounding]: ...

    def markers(self) -> list[tuple[int, str]]:
        """Frame and name of each."""
        ...

    def undo_steps(self) -> int: ...


class RenderingBench(ScriptedBench, Protocol):
    """A host that renders what no file shows."""

    def nested(self, start: int, stop: int) -> None:
        """A clip without a file, over all others."""
        ...

    def rendered(self) -> MarkedRange:
        """The marks with what the host has rendered of them under them."""
        ...

    def rendering_ends(self, how: Literal["success", "failed", "cancelled"]) -> None: ...


def stem_at(
    folder: Path, start: int, *, samples: int = 48_000, channels: int = 1, layer: str = "rain"
) -> Stem:
    """A stem whose file is there."""
    path = folder / f"scene.mov_{layer}_01-00-00-00_{TAKE}.wav"
    if not path.exists():
        soundfile.write(path, np.zeros((samples, channels)), 48_000, "PCM_24")
    return Stem(
        path=str(path),
        take=TAKE,
        layer=layer,
        start=SampleIndex(start),
        samples=samples,
        channels=channels,
    )


def states(placements: tuple[Placement, ...]) -> list[str]:
    return [one.state for one in placements]
