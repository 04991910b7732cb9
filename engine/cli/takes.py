"""`cuelock takes`: the history of what was made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from engine.cli.console import AsJson, answer, console, table
from engine.cli.regenerate import comp
from host_bridge.protocol import (
    DeliverReply,
    DeliverTake,
    ExportTakes,
    GcReply,
    ImportTakes,
    Most,
    NamedTake,
    NoteTake,
    Nothing,
    StarTake,
    TakesReply,
    TakeSummary,
    TravelReply,
)

app = typer.Typer(help="The history of takes.")
Reply = TypeVar("Reply", bound=msgspec.Struct)
Name = Annotated[str, typer.Argument(metavar="TAKE", help="Its name or the beginning of it.")]


def ask(kind: str, body: msgspec.Struct, reply: type[Reply]) -> Reply:
    """See host_bridge.client, which is imported when there is something to ask."""
    from host_bridge.client import ask

    return ask(kind, body, reply)


@app.command("list")
def list_takes(
    most: Annotated[int, typer.Option(min=1, help="How many.")] = 20, json: AsJson = False
) -> None:
    """List takes, the newest first."""
    answer(ask("take.list", Most(most=most), TakesReply), json, _show_all)


@app.command("show")
def show_take(take: Name, json: AsJson = False) -> None:
    """Show everything that made a take."""
    answer(ask("take.show", NamedTake(take=take), TakeSummary), json, _show)


@app.command("star")
def star_take(
    take: Name,
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    json: AsJson = False,
) -> None:
    """Mark a take as a favourite: it is never cleared away."""
    answer(ask("take.star", StarTake(take=take, star=not off), TakeSummary), json, _show)


@app.command("note")
def note_take(
    take: Name,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to remember.")],
    json: AsJson = False,
) -> None:
    """Put a note on a take."""
    answer(ask("take.note", NoteTake(take=take, note=text), TakeSummary), json, _show)


@app.command("get")
def get_take(
    take: Name,
    to: Annotated[Path, typer.Option(help="The folder for the files.")] = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Copy a take's files out of the history."""
    body = DeliverTake(take=take, to=str(to.absolute()))
    answer(ask("take.deliver", body, DeliverReply), json, _show_paths)


@app.command("trash")
def trash_take(take: Name, json: AsJson = False) -> None:
    """Take a take out of the lists; its files go a week later, with gc."""
    answer(ask("take.trash", NamedTake(take=take), TakeSummary), json, _show)


app.command("comp")(comp)


@app.command("export")
def export_takes(
    takes: Annotated[
        list[str] | None, typer.Argument(metavar="[TAKE]...", help="Which; else all.")
    ] = None,
    to: Annotated[Path, typer.Option(help="The archive.")] = Path("takes.cuelock"),
    json: AsJson = False,
) -> None:
    """Put takes, their ancestors and their files into one archive."""
    body = ExportTakes(path=str(to.absolute()), takes=tuple(takes or ()))
    answer(ask("take.export", body, TravelReply), json, _show_travel)


@app.command("import")
def import_takes(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="From `takes export`.")],
    json: AsJson = False,
) -> None:
    """Take in what an archive holds and is not there yet."""
    body = ImportTakes(path=str(archive.absolute()))
    answer(ask("take.import", body, TravelReply), json, _show_travel)


@app.command("gc")
def collect(json: AsJson = False) -> None:
    """Delete files that no take refers to."""
    answer(ask("take.gc", Nothing(), GcReply), json, _show_gc)


def _show_all(reply: TakesReply) -> None:
    rows = table("take", "made", "range", "layers", "note")
    for one in reply.takes:
        record = one.record
        span = record.reply.range
        rows.add_row(
            f"{record.take}{' *' if one.star else ''}",
            datetime.fromtimestamp(one.created / 1000).strftime("%Y-%m-%d %H:%M"),
            f"{span.range_in} to {span.range_out}",
            ", ".join(layer.name for layer in record.request.layers),
            one.note,
        )
    console.print(rows)


def _show(one: TakeSummary) -> None:
    _show_all(TakesReply(takes=(one,)))
    console.print(f"clip: {one.record.request.clip}")
    for layer in one.record.request.layers:
        console.print(f"{layer.name}: {layer.prompt!r}, seed {layer.seed}")
    for stem in one.record.reply.stems:
        console.print(f"stem: {stem.path}")


def _show_paths(reply: DeliverReply) -> None:
    for path in reply.paths:
        console.print(path)


def _show_travel(reply: TravelReply) -> None:
    console.print(f"{reply.takes} takes: {reply.path}")


def _show_gc(reply: GcReply) -> None:
    console.print(f"{reply.takes} takes, {reply.files} files, {reply.bytes / 2**20:.1f} MB freed")
