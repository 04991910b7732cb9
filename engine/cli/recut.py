"""`cuelock recut`: finished takes carried to a new edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, stages
from engine.cli.render import show_take
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    EditMove,
    NamedTake,
    RangeReport,
    RecutReply,
    RecutRequest,
    RenderReply,
    TakeSummary,
)
from host_bridge.timecode import Rate


def recut(
    take: Annotated[list[str], typer.Argument(metavar="TAKE...", help="Names of takes.")],
    change: Annotated[
        Path, typer.Option(help="The new edit (.otio or .edl), or a list of moves (.csv).")
    ],
    before: Annotated[
        Path | None, typer.Option(help="The edit the takes were made for; not with a list.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(help="The new edit as a movie; needed for new material.")
    ] = None,
    start_tc: Annotated[str | None, typer.Option(help="The movie's start, else its own.")] = None,
    to: Annotated[Path, typer.Option(help="The folder for the files.")] = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Carry takes to a new edit; only joins and new material are made anew."""
    from host_bridge.client import ask, run

    replies: list[RenderReply] = []
    for name in take:
        found = ask("take.show", NamedTake(take=name), TakeSummary).record
        request = RecutRequest(
            take=found.take,
            moves=_moves(change, before, _rate_of(found.reply.range)),
            to=str(to.absolute()),
            clip=str(clip.absolute()) if clip else None,
            start_timecode=start_tc,
        )
        with stages() as progress:
            replies.append(run("recut", request, RenderReply, progress))
    answer(RecutReply(takes=tuple(replies)), json, _show)


def _moves(change: Path, before: Path | None, rate: Rate) -> tuple[EditMove, ...]:
    from engine.takes.moves import moves_between, read_moves

    if change.suffix.lower() == ".csv":
        moves = read_moves(change, rate)
    elif before is not None:
        moves = moves_between(before, change, rate)
    else:
        raise CuelockError(
            "request.option",
            "The new edit alone does not say what changed.",
            hint="Give the edit the takes were made for with --before, or a list of moves (.csv).",
        )
    return tuple(EditMove(**move._asdict()) for move in moves)


def _rate_of(span: RangeReport) -> Rate:
    """The rate of a take's labels; ";" says that they drop."""
    rate = Rate.parse(span.rate)
    return Rate.of(rate.exact, drop=";" in span.range_in)


def _show(reply: RecutReply) -> None:
    for one in reply.takes:
        show_take(one)
    console.print(f"{len(reply.takes)} takes carried")
