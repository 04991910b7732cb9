"""`cuelock curves`: the Mel-QCD curves of picture or sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.console import AsJson, answer, console, working
from host_bridge.protocol import CurvesReply


def curves(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="Film, clip or recording.")],
    source: Annotated[
        Literal["picture", "sound"], typer.Option("--from", help="What is listened to.")
    ] = "picture",
    to: Annotated[Path | None, typer.Option(help="A .npz, .csv or .png file.")] = None,
    layer: Annotated[str, typer.Option(help="The sound to predict; for --from picture.")] = "",
    json: AsJson = False,
) -> None:
    """Show or write the Mel-QCD curves of picture or sound."""
    from engine.service.curves import curves_of

    with working(f"Listening to the {source}"):
        reply = curves_of(
            media.absolute(), source, to.absolute() if to else None, layer_prompt=layer
        )
    answer(reply, json, _show)


def _show(reply: CurvesReply) -> None:
    frames = len(reply.energy)
    console.print(f"{frames} curve frames, {frames / reply.rate:.2f} s of {reply.source}")
    console.print(f"from {reply.start_timecode} at {reply.timecode_rate}")
    if reply.path:
        console.print(f"curves: {reply.path}")
