"""`cuelock train`: learn a part of a bundle, or a studio's own flavour; look at its sounds first.

Parts train on many processes as `accelerate launch -m engine.cli train PART --config FILE`.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from engine.cli.console import AsJson, answer, console, table, working
from engine.cli.models import report_of, show_bundle
from host_bridge.errors import CuelockError
from host_bridge.protocol import DataReply, SvqReply, TrainReply

#: What learns, and by which room's `main`.
PARTS = {
    "text": "Distil the text encoder.",
    "autoencoder": "Train the autoencoder of the paper's family.",
    "vocoder": "Train the vocoder.",
    "generator": "Train U-Net, ControlNet and inversion adapter, or some of them.",
    "stock": "Gather the recordings that generation begins with.",
    "scenes": "Make scenes of real bodies ahead, for the predictor.",
    "games": "Capture a free game as scenes, for the predictor.",
    "films": "Cut films with their own sound into scenes, for the predictor.",
    "predictor": "Train the V2X predictor.",
    "export": "Make a bundle of finished runs.",
}

app = typer.Typer(help=f"Learn: {', '.join(PARTS)}; adapt. Look: check, svq.")


def _part(part: str) -> Callable[..., None]:
    def train(
        config: Annotated[Path, typer.Option(help="The numbers of the run, a TOML file.")],
        json: AsJson = False,
    ) -> None:
        """Train one part until its last step; safe to stop and give again."""
        if not config.is_file():
            raise CuelockError(
                "request.path", f"There is no file {config}.", hint="Name a training config (TOML)."
            )
        _log()
        start = time.monotonic()
        try:
            importlib.import_module(f"engine.train.{part}").main(config)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise CuelockError(
                "request.option",
                f"{config} is no config for the {part}: {error}.",
                hint="Start from one in engine/train/configs.",
            ) from error
        seconds = time.monotonic() - start
        if os.environ.get("RANK", "0") != "0":
            return  # a launcher's first process answers for all
        answer(TrainReply(part=part, config=str(config), seconds=seconds), json, _show_trained)

    return train


for _name, _what in PARTS.items():
    app.command(_name, help=f"{_what} Safe to stop and give again.")(_part(_name))


@app.command()
def adapt(
    sounds: Annotated[
        Path, typer.Option(help="Recordings: a folder, named as they sound, or a manifest.csv.")
    ],
    name: Annotated[str | None, typer.Option(help="Of the new bundle; the folder's.")] = None,
    base: Annotated[str, typer.Option(help="The bundle that learns them.")] = "small",
    steps: Annotated[int, typer.Option(min=1, help="How long.")] = 800,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="How much of it is put in; less forgets less.")
    ] = 0.4,
    licence: Annotated[
        str, typer.Option(help="Of the recordings, where no manifest says it.")
    ] = "LicenseRef-Own",
    json: AsJson = False,
) -> None:
    """Make a studio's own flavour of a bundle. Safe to stop and give again."""
    from engine.train.adapt import AdaptConfig, adapt

    _log()
    if name is None:
        name = sounds.resolve().stem.lower().replace(" ", "-")
    config = AdaptConfig(
        sounds=sounds, name=name, base=base, licence=licence, steps=steps, strength=strength
    )
    adapt(config)
    answer(report_of(name), json, show_bundle)


@app.command()
def check(
    source: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A manifest or a folder.")],
    json: AsJson = False,
) -> None:
    """Find silent, odd, broken, leaking and unlicensed recordings. Exit status 2 when there are."""
    from engine.train.data.check import check

    with working("listening"):
        reply = check(source)
    answer(reply, json, _show_checked)
    if reply.findings:
        raise typer.Exit(2)


@app.command()
def svq(
    source: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A manifest or a folder.")],
    family: Annotated[
        Literal["small", "auffusion"], typer.Option(help="Of bundles; whose ears.")
    ] = "small",
    json: AsJson = False,
) -> None:
    """Measure energy, spread and semantic codes over a collection of recordings."""
    from engine.train.svq import statistics

    with working("listening"):
        reply = statistics(source, family)
    answer(reply, json, _show_statistics)


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)


def _show_trained(reply: TrainReply) -> None:
    console.print(f"The {reply.part} has reached its last step ({reply.seconds:.0f} s).")


def _show_checked(reply: DataReply) -> None:
    splits = ", ".join(f"{count} {split}" for split, count in reply.recordings.items())
    console.print(f"{splits}; {reply.classes} classes, {reply.seconds / 60:.1f} minutes")
    rows = table("check", "finding", "file")
    alike: dict[tuple[str, str], list[str]] = {}
    for finding in reply.findings:
        alike.setdefault((finding.check, finding.detail), []).append(finding.path)
    for (kind, detail), (path, *others) in alike.items():
        rows.add_row(kind, detail, f"{path} and {len(others)} more" if others else path)
    if alike:
        console.print(rows)


def _show_statistics(reply: SvqReply) -> None:
    console.print(f"{reply.frames} frames, {reply.sounding:.0%} of them sound")
    rows = table("", "mean", "5 %", "25 %", "50 %", "75 %", "95 %")
    for name, of in (
        ("energy E, dB", reply.energy_db),
        ("spread D, dB", reply.spread_db),
        ("|S|", reply.semantic),
    ):
        values = (of.mean, of.p5, of.p25, of.p50, of.p75, of.p95)
        rows.add_row(name, *(f"{value:.2f}" for value in values))
    console.print(rows)
    console.print(
        f"{reply.codes_used} pairs of codes, {reply.entropy_bits:.1f} bits; "
        f"{reply.clipped:.1%} of S beyond the codes"
    )
    codes = table("upper", "lower", "share")
    for code in reply.commonest:
        codes.add_row(str(code.upper), str(code.lower), f"{code.share:.1%}")
    console.print(codes)
