"""`cuelock evaluate`: how good a bundle is, on recordings it never learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.console import AsJson, answer, console, stages, table
from host_bridge.protocol import EvaluateReply, EvaluateRow


def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            help="CSV: path, caption, start, split, licence; for made scenes their TOML config.",
        ),
    ],
    source: Annotated[
        Literal["sound", "picture", "scenes"],
        typer.Option(
            "--from", help="Where curves come from; or made scenes, whose truth is known."
        ),
    ] = "sound",
    measure: Annotated[
        list[str] | None,
        typer.Option(
            help="obeys, names, sounds, vocoder, sees; of scenes physics, drawn. Again for more."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Which split is measured, or all.")] = "test",
    bundle: Annotated[str, typer.Option(help="Which bundle is measured.")] = "small",
    most: Annotated[int | None, typer.Option(min=2, help="Recordings at most.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of generation and bootstrap.")] = 0,
    to: Annotated[Path | None, typer.Option(help="A folder for the HTML report.")] = None,
    json: AsJson = False,
) -> None:
    """Measure a bundle on unseen recordings, beside baselines and what is promised."""
    from engine.evaluate.evaluation import Plan, run

    plan = Plan(
        manifest=manifest.absolute(),
        split=split,
        source=source,
        measures=tuple(measure or ()),
        bundle=bundle,
        most=most,
        seed=seed,
        report=to.absolute() if to else None,
    )
    with stages() as progress:
        reply = run(plan, progress)
    answer(reply, json, _show)


def _show(reply: EvaluateReply) -> None:
    rows = table("measure", "figure", "of", "value", "95 %", "n", "bound", "holds")
    for row in reply.rows:
        rows.add_row(row.measure, row.name, row.of, *_cells(row))
    console.print(rows)
    if reply.report:
        console.print(f"report: {reply.report}")


def _cells(row: EvaluateRow) -> tuple[str, str, str, str, str]:
    if row.value is None:
        return f"needs {row.needs}", "", "", "", ""
    bound = "" if row.bound is None else f"{'>=' if row.least else '<='} {row.bound:.3g}"
    holds = "" if row.holds is None else "yes" if row.holds else "NO"
    value = f"{row.value:.3g} {row.unit}".rstrip()
    return value, f"{row.low:.3g} to {row.high:.3g}", str(row.count), bound, holds
