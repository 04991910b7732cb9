"""Hosts that run: what is wanted is made, and put there from outside or by their own script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec
import typer

from engine.cli.console import AsJson, answer, console
from engine.cli.doctor import show_checks
from host_bridge.errors import CuelockError
from host_bridge.protocol import DoctorReply

if TYPE_CHECKING:
    from host_bridge.relay import Relay
    from host_bridge.timeline import Host

OpenHost = Literal["resolve", "reaper", "ardour"]
Texts = Annotated[
    list[str] | None, typer.Option(help="A sound to make; none: what the picture says.")
]
Presets = Annotated[list[str] | None, typer.Option(help="A named layer to make.")]
Anew = Annotated[bool, typer.Option("--anew", help="New texture under the marks.")]
TakeName = Annotated[str | None, typer.Option(help="Place a take that is there.")]
Events = Annotated[
    bool, typer.Option("--events", help="Mark every moment that should sound, and no more.")
]
Onto = Annotated[str | None, typer.Option(help="A track that stems must go to.")]


def relay(
    host: Annotated[OpenHost, typer.Argument()],
    run: Annotated[Path, typer.Argument(help="What the files of the script's run begin with.")],
) -> None:
    """Serve a host's script; started by it, with every sentence shown in the host."""
    from engine.cli.wishes import MenuWish, fulfilled, told
    from host_bridge.relay import Relay

    with Relay(run) as relay, told(relay.say, loud=host == "resolve") as say:
        wish = msgspec.json.decode(relay.want(), type=MenuWish)
        say(fulfilled(_behind(relay, host), wish, relay.say))


def protools(
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    events: Events = False,
    onto: Onto = None,
    json: AsJson = False,
) -> None:
    """Sound for the selection in Pro Tools, spotted onto tracks of cuelock's own or --onto one."""
    from engine.cli.wishes import put, wished

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
        put(ProToolsHost(connection), wished(text, preset, anew, take, events), onto, json)


def install(
    host: Annotated[
        Literal["resolve", "reaper", "ardour", "blender", "premiere"],
        typer.Argument(help="Which host is to know cuelock."),
    ],
) -> None:
    """Put cuelock's entries into a host's menu of scripts, or write Premiere's panel to install."""
    from host_bridge.premiere import package as premiere
    from host_bridge.relay import scripts

    for path in premiere.install() if host == "premiere" else scripts.install(host):
        console.print(str(path))
    if host == "premiere":
        console.print("Double-click the first; the panel opens the other to start cuelock.")


def check(json: AsJson = False) -> None:
    """Say of each host what is wrong. Exit status 3 when an entry is of another cuelock."""
    from host_bridge.premiere import package as premiere
    from host_bridge.relay import scripts

    checks = [scripts.check(host) for host in get_args(scripts.ScriptHost)]
    reply = DoctorReply(checks=(*checks, premiere.check()))
    answer(reply, json, show_checks)
    if any(one.state == "fail" for one in reply.checks):
        raise typer.Exit(3)


def _behind(relay: Relay, host: OpenHost) -> Host:
    """The host whose script a relay speaks with."""
    match host:
        case "resolve":
            from host_bridge.resolve.host import ResolveHost

            return ResolveHost(relay.host)
        case "reaper":
            from host_bridge.reaper.host import ReaperHost

            return ReaperHost(relay.do)
        case "ardour":
            from host_bridge.ardour import OpenArdour

            return OpenArdour(relay.do)
