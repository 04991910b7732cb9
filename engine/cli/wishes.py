"""What an artist wishes in a host: made, put there, and every step told in words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.cli.console import answer, progress_lines, stages, working
from engine.cli.errands import carry_out, spotted
from engine.cli.hosts import show_markers, show_placements
from engine.cli.panel import panel_command
from host_bridge.client import Progress, apart
from host_bridge.errand import (
    Confirmed,
    Errand,
    KnownTake,
    Marked,
    NewSounds,
    NewTexture,
    Want,
)
from host_bridge.errors import CuelockError
from host_bridge.pictures import dropped
from host_bridge.placing import place, stems_of
from host_bridge.protocol import RenderReply
from host_bridge.resolve.host import ResolveHost
from host_bridge.resolve.notice import notify
from host_bridge.timeline import Host, MarkedRange, Placement

Say = Callable[[str], None]


class EventMarkers(msgspec.Struct, frozen=True, tag_field="do", tag="markers"):
    """Markers for the events of the picture."""


class PanelOpened(msgspec.Struct, frozen=True, tag_field="do", tag="panel"):
    """The panel, a window of its own, on the film under the marks."""


Wish = Want | EventMarkers
MenuWish = Wish | PanelOpened


def fulfilled(host: Host, wish: MenuWish, say: Say) -> str:
    """Do what is wished; returns the last sentence. say hears how far it is.

    Raises CuelockError, and then nothing has moved.
    """
    if isinstance(wish, PanelOpened):
        return _panel_opened(host)
    progress = _stages_told(say)
    if isinstance(wish, EventMarkers):
        with _looked_at(host, wish, progress) as marked:
            markers = spotted(marked)
        host.put_markers(markers)
        return f"{len(markers)} events are marked."
    with _looked_at(host, wish, progress) as marked:
        if isinstance(host, ResolveHost) and isinstance(wish, NewSounds) and not wish.texts:
            wish = replace(wish, texts=host.words(marked))
        reply = _made(host, marked, wish, progress)
    return _sentence(place(host, stems_of(reply, marked)))


@contextmanager
def _looked_at(host: Host, wish: Wish, progress: Progress) -> Generator[MarkedRange]:
    """The marked range; Resolve renders the picture that is wanted where no file shows it.

    Its movie stays for the take that is made of it, and for nothing else.
    """
    movie, needed = None, False
    try:
        marked = host.marked()
    except CuelockError as error:
        if error.code != "host.retimed" or not isinstance(host, ResolveHost):
            raise
        marked = host.marks()
        if isinstance(wish, NewSounds | EventMarkers):
            marked = host.rendered(marked, progress)
            movie = Path(marked.pieces[0].path)
    try:
        yield marked
        needed = isinstance(wish, NewSounds)
    finally:
        if movie is not None and not needed:
            dropped(movie)


def wished(
    text: list[str] | None, preset: list[str] | None, anew: bool, take: str | None, events: bool
) -> Wish:
    if events:
        return EventMarkers()
    if take is not None:
        return KnownTake(take=take)
    return NewTexture() if anew else NewSounds(texts=tuple(text or ()), presets=tuple(preset or ()))


def put(host: Host, wish: Wish, onto: str | None, json: bool) -> None:
    """Do what is wished for the host's marks, and say what became of every stem or event."""
    if isinstance(wish, EventMarkers):
        with working("Looking at the picture"):
            markers = spotted(host.marked())
        host.put_markers(markers)
        answer(Marked(markers=markers), json, show_markers)
        return
    with progress_lines() if json else stages() as progress:
        placed = placed_in(host, host.marked(), wish, progress, onto)
    answer(Confirmed(placements=placed), json, lambda reply: show_placements(reply.placements))


def placed_in(
    host: Host, marked: MarkedRange, want: Want, progress: Progress, onto: str | None = None
) -> tuple[Placement, ...]:
    """Have stems made for the marked range and place them; the timeline may go on meanwhile.

    Raises CuelockError, and then nothing has moved.
    """
    # Planned anew: what stood on the tracks when the work began may stand elsewhere by now.
    return place(host, stems_of(_made(host, marked, want, progress, onto), marked), onto)


def _made(
    host: Host, marked: MarkedRange, want: Want, progress: Progress, onto: str | None = None
) -> RenderReply:
    errand = Errand(marked=marked, tracks=host.tracks(), want=want, onto=onto)
    return carry_out(errand, progress).reply


def _panel_opened(host: Host) -> str:
    """Open the panel on the film that is seen first under the marks, without one on its last."""
    try:
        pieces = host.marked().pieces
    except CuelockError as error:
        if error.code not in ("host.marks", "host.retimed"):
            raise
        pieces = ()
    clip = Path(pieces[0].path) if pieces else None
    apart(panel_command(clip), subprocess.DEVNULL)
    return f"The panel opens on {clip.name}." if clip else "The panel opens on its last clip."


def _sentence(placements: Sequence[Placement]) -> str:
    words = {"there": "stands already on", "placed": "is placed on"}
    return " ".join(
        f"{one.stem.layer} was not placed: {one.reason}"
        if one.state == "refused"
        else f"{one.stem.layer} {words[one.state]} {one.track_name}."
        for one in placements
    )


def _stages_told(say: Say) -> Progress:
    """A sentence when a stage begins."""
    begun: set[str] = set()

    def progress(stage: str, done: float) -> None:
        if stage not in begun:
            begun.add(stage)
            say(f"{stage} …")

    return progress


@contextmanager
def told(say: Say, *, loud: bool) -> Generator[Say]:
    """Says what happens in the host; loud: the system says the last sentence too."""

    def last(text: str) -> None:
        say(text)
        if loud:
            notify(text)

    try:
        yield last
    except CuelockError as error:
        last(f"{error.message} {error.hint}")
        raise
    except Exception:
        last("A defect of cuelock has ended this. Please report it.")
        raise
