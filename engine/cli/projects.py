"""Hosts as saved projects: sounds are put into the file while the host has it closed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson
from engine.cli.scripted import Anew, Onto, Presets, TakeName, Texts, put, wanted
from host_bridge.ardour import ArdourSession
from host_bridge.mlt import MltProject
from host_bridge.projectfile import Told

In = Annotated[str | None, typer.Option("--in", help="Else what is marked in the project.")]
Out = Annotated[str | None, typer.Option("--out", help="Exclusive.")]


def mlt(
    project: Annotated[Path, typer.Argument(help="Saved and closed: .kdenlive or .mlt.")],
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    onto: Onto = None,
    range_in: In = None,
    range_out: Out = None,
    start_tc: Annotated[str | None, typer.Option(help="The timeline's start, else zero.")] = None,
    json: AsJson = False,
) -> None:
    """Sound for the marks in a Kdenlive or Shotcut project; the file as it was stays beside it."""
    host = MltProject(project.absolute(), Told(range_in, range_out, start_tc))
    put(host, wanted(text, preset, anew, take), onto, json)


def ardour(
    session: Annotated[Path, typer.Argument(help="Saved and closed: .ardour, of Ardour 7 on.")],
    text: Texts = None,
    preset: Presets = None,
    anew: Anew = False,
    take: TakeName = None,
    onto: Onto = None,
    range_in: In = None,
    range_out: Out = None,
    json: AsJson = False,
) -> None:
    """Sound for the marks in an Ardour session; the file as it was stays beside it."""
    host = ArdourSession(session.absolute(), Told(range_in, range_out))
    put(host, wanted(text, preset, anew, take), onto, json)
