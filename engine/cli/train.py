"""`cuelock train`: learn one part of a bundle."""

from __future__ import annotations

import importlib
import logging
import sys
import time
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from engine.cli.console import AsJson, answer, console
from host_bridge.errors import CuelockError
from host_bridge.protocol import TrainReply


def train(
    part: Annotated[
        Literal["text", "vocoder", "generator", "scenes", "games", "predictor", "export"],
        typer.Argument(metavar="PART", help="What learns."),
    ],
    config: Annotated[Path, typer.Option(help="The numbers of the run, a TOML file.")],
    json: AsJson = False,
) -> None:
    """Train one part until its last step; safe to stop and give again."""
    if not config.is_file():
        raise CuelockError(
            "request.path", f"There is no file {config}.", hint="Name a training config (TOML)."
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
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
    answer(TrainReply(part=part, config=str(config), seconds=seconds), json, _show)


def _show(reply: TrainReply) -> None:
    console.print(f"The {reply.part} has reached its last step ({reply.seconds:.0f} s).")
