"""`cuelock spot`: the cue sheet of a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, table, working
from host_bridge.protocol import SpotReply


def spot(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The film or clip.")],
    to: Annotated[Path | None, typer.Option(help="A .json, .csv, .edl or .otio file.")] = None,
    prompt: Annotated[
        str | None, typer.Option(help="What sounds there; else whatever moves.")
    ] = None,
    json: AsJson = False,
) -> None:
    """List the moments of a clip that should sound."""
    from engine.service.spot import spot as spot_clip

    with working("Looking at the picture"):
        reply = spot_clip(clip.absolute(), to.absolute() if to else None, prompt=prompt)
    answer(reply, json, _show)


def _show(reply: SpotReply) -> None:
    rows = table("timecode", "frame", "seconds", "confidence")
    for event in reply.events:
        rows.add_row(event.timecode, str(event.frame), event.seconds, f"{event.confidence:.2f}")
    console.print(rows)
    console.print(f"{len(reply.events)} events")
    if reply.path:
        console.print(f"cue sheet: {reply.path}")
