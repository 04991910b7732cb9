"""`cuelock regenerate` and `cuelock takes comp`: new takes out of finished ones."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, get_args

import typer

from engine.cli.console import AsJson, answer, stages
from engine.cli.render import SEEDS, TIME, show_take
from engine.cli.values import strictness_in_range
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CompPiece,
    CompRequest,
    Curve,
    CurveEdit,
    GainEdit,
    NudgeEdit,
    RegenerateRequest,
    RenderReply,
    SmoothEdit,
    StretchEdit,
)

_LOCKS: tuple[Curve, ...] = get_args(Curve)
Folder = Annotated[Path, typer.Option(help="The folder for the files.")]


def regenerate(
    take: Annotated[str, typer.Argument(metavar="TAKE", help="Its name or the beginning of it.")],
    range_in: Annotated[str, typer.Option("--in", help=TIME)],
    range_out: Annotated[str, typer.Option("--out", help=f"{TIME} Exclusive.")],
    lock: Annotated[
        str | None,
        typer.Option(
            help="Curves that stay: energy,spread,semantic or none; else energy, if not given anew."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="A layer to make anew; repeatable; else all.")
    ] = None,
    variation: Annotated[int, typer.Option(min=0, help="Which stem of each to build on.")] = 0,
    prompt: Annotated[str | None, typer.Option(help="Other words.")] = None,
    negative: Annotated[str | None, typer.Option(help="What it must not be.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=SEEDS - 1, help="Else a random one.")
    ] = None,
    strictness: Annotated[
        float | None,
        typer.Option(callback=strictness_in_range, help="0..1, hold to the curves."),
    ] = None,
    curves: Annotated[Path | None, typer.Option(help="Curves file (.npz or .csv).")] = None,
    guide: Annotated[Path | None, typer.Option(help="A recording that gives the curves.")] = None,
    nudge: Annotated[int, typer.Option(help="Frames later; negative: earlier.")] = 0,
    gain: Annotated[float, typer.Option(help="dB more energy.")] = 0.0,
    stretch: Annotated[float, typer.Option(help="Times slower, from the in point on.")] = 1.0,
    smooth: Annotated[float, typer.Option(help="ms of smoothing; attacks stay.")] = 0.0,
    variations: Annotated[int, typer.Option(min=1, help="Stems a layer.")] = 1,
    to: Folder = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Make a region of a take anew while its timing stands still; outside nothing changes."""
    edits = _edits(nudge, gain, stretch, smooth)
    request = RegenerateRequest(
        take=take,
        region_in=range_in,
        region_out=range_out,
        to=str(to.absolute()),
        variation=variation,
        layers=tuple(layer or ()),
        lock=_locks(lock, free=bool(curves or guide or edits)),
        prompt=prompt,
        negative=negative,
        strictness=strictness,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        curves=str(curves.absolute()) if curves else None,
        guide=str(guide.absolute()) if guide else None,
        edits=edits,
        variations=variations,
    )
    from host_bridge.client import run

    with stages() as progress:
        reply = run("regenerate", request, RenderReply, progress)
    answer(reply, json, show_take)


def comp(
    take: Annotated[str, typer.Argument(metavar="TAKE", help="The take to begin with.")],
    piece: Annotated[
        list[str], typer.Option(help="TAKE,IN,OUT[,LAYER]: a region of another take; repeatable.")
    ],
    to: Folder = Path("cuelock-out"),
    json: AsJson = False,
) -> None:
    """Assemble a take from regions of several, cross-faded."""
    request = CompRequest(take=take, pieces=tuple(map(_piece, piece)), to=str(to.absolute()))
    from host_bridge.client import run

    with stages() as progress:
        reply = run("comp", request, RenderReply, progress)
    answer(reply, json, show_take)


def _edits(nudge: int, gain: float, stretch: float, smooth: float) -> tuple[CurveEdit, ...]:
    edits: list[CurveEdit] = []
    if stretch != 1.0:
        edits.append(StretchEdit(factor=stretch))
    if nudge:
        edits.append(NudgeEdit(frames=nudge))
    if smooth:
        edits.append(SmoothEdit(milliseconds=smooth))
    if gain:
        edits.append(GainEdit(db=gain))
    return tuple(edits)


def _locks(words: str | None, *, free: bool) -> tuple[Curve, ...]:
    """Energy, unless new curves or edits are asked for; what is named holds in any case."""
    if words is None:
        return () if free else ("energy",)
    named = {word.strip() for word in words.split(",")} - {"none", ""}
    if named - set(_LOCKS):
        raise CuelockError(
            "request.option",
            f"There is no curve {min(named - set(_LOCKS))!r} to lock.",
            hint=f"Name some of {', '.join(_LOCKS)}, or none.",
        )
    return tuple(curve for curve in _LOCKS if curve in named)


def _piece(words: str) -> CompPiece:
    take, *rest = (word.strip() for word in words.split(",", 3))
    if len(rest) < 2:
        raise CuelockError(
            "request.option",
            f"The piece {words!r} is not TAKE,IN,OUT or TAKE,IN,OUT,LAYER.",
            hint="For example: --piece 3fa2,01:00:02:00,01:00:03:00",
        )
    return CompPiece(take=take, region_in=rest[0], region_out=rest[1], layers=tuple(rest[2:]))
