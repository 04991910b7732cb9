"""Hosts as saved projects: sounds are put into the file while the host has it closed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson
from engine.cli.scripted import Anew, Events, Onto, Presets, TakeName, Texts
from host_bridge.errors import CuelockError

In = Annotated[str | None, typer.Option("--in", help="Else what is marked in the project.")]
Out = Annotated[str | None, typer.Option("--out", help="Exclusive.")]


def mlt(
    project: Annotated[Path, typer.Argument(help="Saved and closed: .kdenlive or .mlt.")],
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    events: Events = False,
    onto: Onto = None,
    range_in: In = None,
    range_out: Out = None,
    start_tc: Annotated[str | None, typer.Option(help="The timeline's start, else zero.")] = None,
    json: AsJson = False,
) -> None:
    """Sound for the marks in a Kdenlive or Shotcut project; the file as it was stays beside it."""
    from engine.cli.wishes import put, wished
    from host_bridge.mlt import MltProject
    from host_bridge.projectfile import Told

    host = MltProject(project.absolute(), Told(range_in, range_out, start_tc))
    put(host, wished(text, preset, anew, take, events), onto, json)


def ardour(
    session: Annotated[Path, typer.Argument(help="Saved and closed: .ardour, of Ardour 7 on.")],
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    events: Events = False,
    onto: Onto = None,
    range_in: In = None,
    range_out: Out = None,
    json: AsJson = False,
) -> None:
    """Sound for the marks in an Ardour session; the file as it was stays beside it."""
    from engine.cli.wishes import put, wished
    from host_bridge.ardour import ArdourSession
    from host_bridge.projectfile import Told

    host = ArdourSession(session.absolute(), Told(range_in, range_out))
    put(host, wished(text, preset, anew, take, events), onto, json)


def timeline(
    timeline: Annotated[
        Path, typer.Argument(help="An .otio, .xml, .fcpxml, .edl or .aaf file; it stays as it is.")
    ],
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    events: Events = False,
    range_in: Annotated[str | None, typer.Option("--in", help="Else all of it.")] = None,
    range_out: Out = None,
    rate: Annotated[
        str | None, typer.Option(help="The timeline's rate; an EDL does not tell it.")
    ] = None,
    media: Annotated[
        list[Path] | None, typer.Option(help="A folder to look for media in; repeatable.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The timeline with stems, by its ending; else beside it.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Sound for a range of a timeline, on a timeline to be imported beside it; more is added."""
    from engine.cli.reels import look
    from engine.cli.wishes import put, wished
    from host_bridge.exchange import FORMATS, READABLE
    from host_bridge.exchange.host import ExchangeHost
    from host_bridge.projectfile import Told
    from host_bridge.timecode import Rate

    timeline, folders = timeline.absolute(), [folder.absolute() for folder in media or ()]
    to = (to or timeline.with_name(f"{timeline.stem}_cuelock{timeline.suffix}")).absolute()
    if to == timeline or to.suffix.lower() not in READABLE:
        raise CuelockError(
            "request.path",
            f"Stems cannot be placed into {to.name}.",
            hint=f"Name another file than the timeline, one of {', '.join(READABLE)}.",
        )
    host = ExchangeHost(
        timeline,
        to,
        next(name for name, form in FORMATS.items() if form.ending == to.suffix.lower()),
        look,
        rate=Rate.parse(rate) if rate else None,
        folders=folders,
        told=Told(range_in, range_out),
    )
    put(host, wished(text, preset, anew, take, events), None, json)
