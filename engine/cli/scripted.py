"""Hosts that run: what is wanted is made, and put there from outside or by their own script."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import typer
from msgspec.structs import replace

from engine.cli.console import AsJson, answer, console, progress_lines, stages
from engine.cli.doctor import show_checks
from engine.cli.hosts import show_placements
from host_bridge.ardour import OpenArdour
from host_bridge.client import Progress
from host_bridge.errand import Confirmed, Errand, KnownTake, NewSounds, NewTexture, Want
from host_bridge.errors import CuelockError
from host_bridge.placing import place, stems_of
from host_bridge.premiere import package as premiere
from host_bridge.protocol import DoctorReply
from host_bridge.reaper.host import ReaperHost
from host_bridge.relay import Relay, scripts
from host_bridge.relay.scripts import ScriptHost
from host_bridge.resolve.host import ResolveHost
from host_bridge.resolve.notice import notify
from host_bridge.timeline import Host, MarkedRange, Placement

Say = Callable[[str], None]
InstallHost = Literal["resolve", "reaper", "premiere"]
Texts = Annotated[
    list[str] | None, typer.Option(help="A sound to make; none: what the picture says.")
]
Presets = Annotated[list[str] | None, typer.Option(help="A named layer to make.")]
Anew = Annotated[bool, typer.Option("--anew", help="New texture under the marks.")]
TakeName = Annotated[str | None, typer.Option(help="Place a take that is there.")]
Onto = Annotated[str | None, typer.Option(help="A track that stems must go to.")]


class EventMarkers(msgspec.Struct, frozen=True, tag_field="do", tag="markers"):
    """Markers for the events of the picture."""


Wish = Want | EventMarkers


def relay(
    host: Annotated[Literal["resolve", "reaper", "ardour"], typer.Argument()],
    run: Annotated[Path, typer.Argument(help="What the files of the script's run begin with.")],
) -> None:
    """Serve a host's script; started by it, with every sentence shown in the host."""
    with Relay(run) as relay:
        timeline: Callable[[], Host] = {
            "resolve": lambda: ResolveHost(relay.host),
            "reaper": lambda: ReaperHost(relay.do),
            "ardour": lambda: OpenArdour(relay.do),
        }[host]
        with _told(relay.say, loud=host == "resolve") as say:
            wish = msgspec.json.decode(relay.want(), type=Wish)
            say(fulfilled(timeline(), wish, relay.say))


def protools(
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    onto: Onto = None,
    json: AsJson = False,
) -> None:
    """Sound for the selection in Pro Tools, spotted onto tracks of cuelock's own or --onto one."""
    try:
        from host_bridge.protools.host import ProToolsHost
        from host_bridge.protools.ptsl import Connection
    except ImportError as error:
        raise CuelockError(
            "engine.dependency",
            "Talking to Pro Tools needs grpcio and protobuf.",
            hint="Install them with `pip install 'cuelock[protools]'`.",
        ) from error
    with Connection() as connection:
        put(ProToolsHost(connection), wanted(text, preset, anew, take), onto, json)


def install(
    host: Annotated[
        Literal["resolve", "reaper", "premiere"],
        typer.Argument(help="Which host is to know cuelock."),
    ],
) -> None:
    """Put cuelock's entries into a host's menu of scripts, or write Premiere's panel to install."""
    for path in premiere.install() if host == "premiere" else scripts.install(host):
        console.print(str(path))
    if host == "premiere":
        console.print("Double-click the first; the panel opens the other to start cuelock.")


def check(json: AsJson = False) -> None:
    """Say of each host what is wrong. Exit status 3 when an entry is of another cuelock."""
    checks = [scripts.check(host) for host in get_args(ScriptHost)]
    reply = DoctorReply(checks=(*checks, premiere.check()))
    answer(reply, json, show_checks)
    if any(one.state == "fail" for one in reply.checks):
        raise typer.Exit(3)


def fulfilled(host: Host, wish: Wish, say: Say) -> str:
    """Do what is wished; returns the last sentence. say hears how far it is.

    Raises CuelockError, and then nothing has moved.
    """
    marked = host.marked()
    if isinstance(wish, EventMarkers):
        from engine.cli.errands import spotted

        markers = spotted(marked)
        host.put_markers(markers)
        return f"{len(markers)} events are marked."
    if isinstance(host, ResolveHost) and isinstance(wish, NewSounds) and not wish.texts:
        wish = replace(wish, texts=host.words(marked))
    return _sentence(placed_in(host, marked, wish, _stages_told(say)))


def wanted(text: list[str] | None, preset: list[str] | None, anew: bool, take: str | None) -> Want:
    if take is not None:
        return KnownTake(take=take)
    return NewTexture() if anew else NewSounds(texts=tuple(text or ()), presets=tuple(preset or ()))


def put(host: Host, want: Want, onto: str | None, json: bool) -> None:
    """Make what is wanted for the host's marks, place it, and say of every stem what happened."""
    with progress_lines() if json else stages() as progress:
        placed = placed_in(host, host.marked(), want, progress, onto)
    answer(Confirmed(placements=placed), json, lambda reply: show_placements(reply.placements))


def placed_in(
    host: Host, marked: MarkedRange, want: Want, progress: Progress, onto: str | None = None
) -> tuple[Placement, ...]:
    """Have stems made for the marked range and place them; the timeline may go on meanwhile.

    Raises CuelockError, and then nothing has moved.
    """
    from engine.cli.errands import carry_out

    errand = Errand(marked=marked, tracks=host.tracks(), want=want, onto=onto)
    reply = carry_out(errand, progress).reply
    # Planned anew: what stood on the tracks when the work began may stand elsewhere by now.
    return place(host, stems_of(reply, marked), onto)


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
def _told(say: Say, *, loud: bool) -> Generator[Say]:
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
