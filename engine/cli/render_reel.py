"""`cuelock render-reel`: stems for every clip of a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, stages, table
from engine.cli.layers import layers_of
from engine.cli.render import (
    SEEDS,
    BundleName,
    Handles,
    Negative,
    Presets,
    Steps,
    Strictness,
    Texts,
    To,
    Variations,
)
from host_bridge.protocol import ReelReply, RenderRequest
from host_bridge.timecode import Rate

#: The exit status of a reel that was not made, or not placed, as a whole.
PARTLY = 5


def render_reel(
    timeline: Annotated[
        Path, typer.Argument(metavar="TIMELINE", help="An .otio, .xml, .fcpxml, .edl or .aaf file.")
    ],
    layer: Texts = None,
    preset: Presets = None,
    negative: Negative = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=SEEDS - 1, help="Layer i (texts first) of every clip: seed + i."),
    ] = 0,
    strictness: Strictness = None,
    handles: Handles = 0,
    variations: Variations = 1,
    bundle: BundleName = "small",
    steps: Steps = None,
    rate: Annotated[
        str | None, typer.Option(help="The timeline's rate; an EDL does not tell it.")
    ] = None,
    media: Annotated[
        list[Path] | None, typer.Option(help="A folder to look for media in; repeatable.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="All clips as one range.")] = False,
    place: Annotated[
        list[str] | None,
        typer.Option(help="otio (usual), fcp7, fcpxml, edl, aaf, csv, audacity, reaper, folder."),
    ] = None,
    into: Annotated[
        list[Path] | None,
        typer.Option(help="A closed .ardour, .mlt or .kdenlive that gets the stems; repeatable."),
    ] = None,
    to: To = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Make stems for every clip of a timeline and place them; given again, it goes on.

    Exit status 5 when something could not be made or placed, behind all that could.
    """
    from engine.cli import reels

    draft = RenderRequest(
        clip="",
        layers=layers_of(
            layer or (),
            preset or (),
            seed=seed,
            negative=negative,
            strictness=strictness,
            focus=None,
        ),
        to=str(to.absolute()),
        handles=handles,
        variations=variations,
        bundle=bundle,
        steps=steps,
    )
    reel = reels.Reel(
        timeline=timeline.absolute(),
        draft=draft,
        folders=[folder.absolute() for folder in media or ()],
        rate=Rate.parse(rate) if rate else None,
        as_one=whole,
        forms=place or ["otio"],
        projects=[project.absolute() for project in into or ()],
    )
    with stages() as progress:
        reply = reels.render_reel(reel, progress)
    answer(reply, json, _show)
    if reply.missing:
        raise typer.Exit(PARTLY)


def _show(reply: ReelReply) -> None:
    rows = table("in", "out", "take", "layer", "energy error", "file")
    for clip in reply.clips:
        for stem in clip.take.stems:
            rows.add_row(
                clip.take.range.range_in,
                clip.take.range.range_out,
                clip.take.take,
                stem.layer,
                f"{stem.measures.energy_error_db:.2f} dB",
                stem.path,
            )
    console.print(rows)
    for path in reply.placed:
        console.print(f"placed: {path}")
    for sentence in reply.missing:
        console.print(f"missing: {sentence}", style="yellow")
    console.print(f"{len(reply.clips)} clips at {reply.rate}")
    if reply.missing:
        console.print(
            f"{len(reply.missing)} not done. Given again, the command does what is missing."
        )
