"""`cuelock render` and `cuelock demo`: stems for a range of a clip."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, stages, table
from engine.cli.layers import layers_of
from engine.cli.values import focus_in_picture, strictness_in_range
from host_bridge.errors import CuelockError
from host_bridge.protocol import RenderReply, RenderRequest

SEEDS = 2**32
TIME = "Timecode, 2.5s or 48f, relative to --start-tc."
_ALL = "; for every layer, in place of a preset's"

Texts = Annotated[list[str] | None, typer.Option(help="A sound to make, in words; repeatable.")]
Presets = Annotated[list[str] | None, typer.Option(help="A sound to make, by preset; repeatable.")]
Negative = Annotated[str | None, typer.Option(help=f"What it must not be{_ALL}.")]
Strictness = Annotated[
    float | None,
    typer.Option(callback=strictness_in_range, help=f"0..1, hold to the curves{_ALL}."),
]
Handles = Annotated[int, typer.Option(min=0, help="Frames more before and after.")]
Variations = Annotated[int, typer.Option(min=1, help="Stems a layer.")]
BundleName = Annotated[str, typer.Option(help="Which weights.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Solver steps.")]
To = Annotated[Path, typer.Option(help="The folder for the files.")]


def render(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The film or clip.")],
    range_in: Annotated[str | None, typer.Option("--in", help=TIME)] = None,
    range_out: Annotated[str | None, typer.Option("--out", help=f"{TIME} Exclusive.")] = None,
    start_tc: Annotated[str | None, typer.Option(help="The clip's start, else its own.")] = None,
    rate: Annotated[str | None, typer.Option(help="Timeline rate, else the clip's own.")] = None,
    layer: Texts = None,
    preset: Presets = None,
    negative: Negative = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=SEEDS - 1, help="Layer i (texts first) gets seed + i; else a random one."
        ),
    ] = None,
    strictness: Strictness = None,
    curves: Annotated[Path | None, typer.Option(help="Curves file (.npz or .csv).")] = None,
    guide: Annotated[Path | None, typer.Option(help="A recording that gives the curves.")] = None,
    focus: Annotated[
        str | None,
        typer.Option(callback=focus_in_picture, help='Box "x,y,w,h" in fractions of the picture.'),
    ] = None,
    handles: Handles = 0,
    variations: Variations = 1,
    bundle: BundleName = "small",
    steps: Steps = None,
    to: To = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Make stems for a range of a clip; without a layer, what the picture says."""
    if curves and guide:
        raise CuelockError(
            "request.option",
            "--curves and --guide cannot both give the curves.",
            hint="Leave one of them away.",
        )
    request = RenderRequest(
        clip=str(clip.absolute()),
        layers=layers_of(
            layer or (),
            preset or (),
            seed=secrets.randbelow(SEEDS) if seed is None else seed,
            negative=negative,
            strictness=strictness,
            focus=focus,
        ),
        to=str(to.absolute()),
        range_in=range_in,
        range_out=range_out,
        start_timecode=start_tc,
        rate=rate,
        curves=str(curves.absolute()) if curves else None,
        guide=str(guide.absolute()) if guide else None,
        handles=handles,
        variations=variations,
        bundle=bundle,
        steps=steps,
    )
    answer(_rendered(request), json, show_take)


def demo(
    to: To = Path("demo-out"),
    json: AsJson = False,
) -> None:
    """Render the clip that comes with cuelock."""
    from engine.service.demo import demo_request

    answer(_rendered(demo_request(to.absolute())), json, show_take)


def _rendered(request: RenderRequest) -> RenderReply:
    """Through the resident engine, which is started when there is none.

    One of another machine gets only what it needs of the clip.
    """
    from engine.service.excerpt import excerpt
    from host_bridge.client import run
    from host_bridge.discovery import remote_address

    part = excerpt(request) if remote_address() else nullcontext()
    with stages() as progress, part as sent:
        return run("render", request, RenderReply, progress, excerpt=sent)


def show_take(reply: RenderReply) -> None:
    """A finished take, for people."""
    span = reply.range
    console.print(f"{span.range_in} to {span.range_out}, {span.frames} frames at {span.rate}")
    rows = table("layer", "seed", "energy error", "loudness", "true peak", "file")
    for stem in reply.stems:
        measures = stem.measures
        loudness = measures.loudness_lufs
        rows.add_row(
            stem.layer,
            str(stem.seed),
            f"{measures.energy_error_db:.2f} dB",
            "-" if loudness is None else f"{loudness:.1f} LUFS",
            f"{measures.true_peak_dbtp:.1f} dBTP",
            stem.path,
        )
    console.print(rows)
    for name, path in (("preview", reply.preview), ("plot", reply.plot)):
        if path:
            console.print(f"{name}: {path}")
    for path in reply.curves:
        console.print(f"curves: {path}")
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in reply.seconds.items())
    console.print(f"take {reply.take} in {sum(reply.seconds.values()):.1f} s ({steps})")
