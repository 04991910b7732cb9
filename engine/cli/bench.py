"""`cuelock bench`: measure it here."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, table, working
from host_bridge.protocol import BenchReply


def bench(
    part: Annotated[str | None, typer.Argument(metavar="PART", help="One part alone.")] = None,
    json: AsJson = False,
) -> None:
    """Measure speed and memory on this machine against what is promised."""
    from engine.evaluate.bench import run

    with working("Measuring"):
        reply = run(part)
    answer(reply, json, _show)


def _show(reply: BenchReply) -> None:
    rows = table("figure", "value", "unit", "bound", "holds")
    for row in reply.rows:
        bound = "" if row.bound is None else f"{row.bound:g}"
        holds = "" if row.holds is None else "yes" if row.holds else "NO"
        rows.add_row(row.name, f"{row.value:.3g}", row.unit, bound, holds)
    console.print(rows)
