"""The hosts that can be reached from outside, each by its own bridge."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from host_bridge.ardour import ArdourSession
from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS, READABLE
from host_bridge.exchange.host import ExchangeHost
from host_bridge.exchange.picture import Probe
from host_bridge.mlt import MltProject
from host_bridge.projectfile import Told
from host_bridge.protocol import Check
from host_bridge.relay import scripts
from host_bridge.timecode import Rate, frame_of_label
from host_bridge.timeline import Host, MarkedRange
from media.clip import open_clip

_WHOLE, _FIRST = Told("0f", "86399s"), Told("0f", "1f")


class Reached(NamedTuple):
    """A host, and the most that can be seen of its timeline."""

    host: Host
    seen: MarkedRange


class Door(NamedTuple):
    """A way to a host. patterns: of the files it keeps its timelines in, none for one that runs.

    enter: reaches it for as long as is needed. Raises CuelockError host.*, media.missing.
    """

    name: str
    patterns: tuple[str, ...]
    enter: Callable[[Path], AbstractContextManager[Reached]]


@contextmanager
def _mlt(path: Path) -> Generator[Reached]:
    yield _filed(lambda told: MltProject(path, told))


@contextmanager
def _ardour(path: Path) -> Generator[Reached]:
    yield _filed(lambda told: ArdourSession(path, told))


def _filed(opened: Callable[[Told], Host]) -> Reached:
    """All of a project's timeline, or its count alone where a clip on it cannot be followed."""
    try:
        seen = opened(_WHOLE).marked()
    except CuelockError as error:
        if error.code != "host.retimed":
            raise
        seen = opened(_FIRST).marked()
    return Reached(opened(_WHOLE), seen)


@contextmanager
def _timeline(path: Path) -> Generator[Reached]:
    """The file that is written lies beside the one that is read."""
    to = path.with_name(f"{path.stem}_cuelock{path.suffix}")
    form = next(name for name, one in FORMATS.items() if one.ending == path.suffix.lower())
    host = ExchangeHost(path, to, form, _look)
    yield Reached(host, host.picture().marked)


@contextmanager
def _protools(_path: Path) -> Generator[Reached]:
    from host_bridge.protools.host import ProToolsHost
    from host_bridge.protools.ptsl import Connection

    with Connection() as connection:
        host = ProToolsHost(connection)
        yield Reached(host, host.marked())


def doors() -> tuple[Door, ...]:
    """Those that this installation can open."""
    there = [
        Door("Kdenlive, Shotcut", ("*.kdenlive", "*.mlt"), _mlt),
        Door("Ardour", ("*.ardour",), _ardour),
        Door("OTIO, XML, EDL, AAF", tuple(f"*{ending}" for ending in READABLE), _timeline),
    ]
    if find_spec("grpc") is not None:
        there.append(Door("Pro Tools", (), _protools))
    return tuple(there)


def own_menus() -> tuple[Check, ...]:
    """Hosts of this machine that reach for cuelock from their own menu of scripts."""
    return tuple(
        scripts.check(host)
        for host in ("resolve", "reaper", "ardour", "blender")
        if any(folder.is_dir() for folder in scripts.folders(host))
    )


def _look(path: Path) -> Probe:
    clip = open_clip(path)
    counted = Rate.of(clip.rate, drop=clip.drop)
    first = frame_of_label(clip.start_timecode, counted) if clip.start_timecode else 0
    return Probe(clip.rate, first / clip.rate)
