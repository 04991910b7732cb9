"""`cuelock presets`: named layers, shipped ones and the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

import presets
from engine.cli.console import AsJson, answer, console, table
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReport, PresetReport, PresetsReply, error_report

app = typer.Typer(help="Named layers: list, show, check.")


@app.command("list")
def list_presets(json: AsJson = False) -> None:
    """List every preset; the user's own lie in CUELOCK_HOME/presets."""
    answer(_reply(presets.files().values()), json, _show_all)


@app.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `presets list` spells it.")],
    json: AsJson = False,
) -> None:
    """Show all that a preset says."""
    presets.load(name)
    answer(presets.report(presets.files()[presets.key_of(name)]), json, _show)


@app.command("check")
def check_presets(
    file: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Else every preset there is.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Check preset files. Exit status 2 when one is not valid."""
    reply = _reply(file or presets.files().values())
    answer(reply, json, _show_checked)
    if reply.refused:
        raise typer.Exit(2)


def _reply(paths: Iterable[Path]) -> PresetsReply:
    valid: list[PresetReport] = []
    refused: list[ErrorReport] = []
    for path in paths:
        try:
            valid.append(presets.report(path))
        except CuelockError as error:
            refused.append(error_report(error))
    return PresetsReply(presets=tuple(valid), refused=tuple(refused))


def _show_all(reply: PresetsReply) -> None:
    rows = table("name", "prompt", "behaviour", "tags")
    for preset in reply.presets:
        rows.add_row(preset.name, preset.prompt, preset.behaviour, ", ".join(preset.tags))
    console.print(rows)
    _show_refused(reply)


def _show(preset: PresetReport) -> None:
    console.print(Path(preset.path).read_text(encoding="utf-8").rstrip())
    console.print(f"file: {preset.path}")


def _show_checked(reply: PresetsReply) -> None:
    console.print(f"{len(reply.presets)} valid, {len(reply.refused)} not")
    _show_refused(reply)


def _show_refused(reply: PresetsReply) -> None:
    for refused in reply.refused:
        console.print(refused.message, style="red")
