"""What an artist asks for, as requests to the engine: made from the work alone."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CompPiece,
    CompRequest,
    Layer,
    RegenerateRequest,
    RenderRequest,
    TakeSummary,
)
from plugin_ui.session import Piece, Work
from plugin_ui.sounding import Opened, range_of

SEEDS = 2**31  # what a spin box holds


class Again(NamedTuple):
    """How a region is made anew. words: None for those it has; guide: a recording that gives the
    curves, which are free then.
    """

    words: str | None = None
    keep_seed: bool = False
    variations: int = 1
    guide: str | None = None


def fresh_seed() -> int:
    """Any seed."""
    return secrets.randbelow(SEEDS)


def rendering(here: Opened, work: Work, to: str) -> RenderRequest:
    """Every layer for the region, or the whole clip; without one, what the picture says."""
    region = work.region or here.whole
    return RenderRequest(
        clip=str(here.clip.path),
        layers=work.layers or (Layer(name="picture", prompt="", seed=fresh_seed()),),
        to=to,
        range_in=_time(region.start),
        range_out=_time(region.stop),
    )


def regenerating(
    here: Opened, work: Work, take: TakeSummary | None, how: Again, to: str
) -> RegenerateRequest:
    """The region of a take anew, with the edits that wait.

    Raises CuelockError request.range where there is no region of the take, request.layer where
    the edits are of a layer that it has not.
    """
    if take is None or work.region is None:
        raise _refused(
            "There is no region of a take to make anew.",
            "Choose a take, then drag over what is to change.",
        )
    region = work.region.within(range_of(here, take))
    if region is None:
        raise _refused(
            "The region lies outside the take.",
            "Drag over a part of its stems, or render the range first.",
        )
    names = [layer.name for layer in take.record.layers]
    if work.edits and work.layer not in names:
        raise CuelockError(
            "request.layer",
            f"The take has no layer {work.layer!r} that the edits could be of.",
            hint=f"It has {', '.join(names)}: choose one, or render anew.",
        )
    name = work.layer if work.layer in names else names[0]
    return RegenerateRequest(
        take=take.record.take,
        region_in=_time(region.start),
        region_out=_time(region.stop),
        to=to,
        heard=_heard(work, take),
        layers=(name,),
        lock=() if how.guide else work.locks,
        guide=how.guide,
        prompt=how.words,
        seed=None if how.keep_seed else fresh_seed(),
        edits=work.edits,
        variations=how.variations,
    )


def comping(work: Work, chosen: TakeSummary | None, piece: Piece, to: str) -> CompRequest:
    """A piece of another take, or of another variation, into what is heard.

    Raises CuelockError request.range where there is nothing to take or nowhere to put it.
    """
    other, variation, region, layer = piece
    if (
        chosen is None
        or region is None
        or (other, variation) == (chosen.record.take, heard_variation(work, chosen, layer))
    ):
        raise _refused(
            "There is no other take or no region to take from it.",
            "Drag over a region, then choose another take in the list.",
        )
    taken = CompPiece(
        take=other,
        region_in=_time(region.start),
        region_out=_time(region.stop),
        variation=variation,
        layers=(layer,) if layer else (),
    )
    heard = _heard(work, chosen)
    return CompRequest(take=chosen.record.take, pieces=(taken,), to=to, heard=heard)


def heard_variation(work: Work, take: TakeSummary, layer: str) -> int:
    """Which stem of a layer is heard: the chosen one, else the best."""
    return work.variations.get(layer, best_variation(take, layer))


def best_variation(take: TakeSummary, layer: str) -> int:
    """The stem of a layer that was ranked first; 0 where there is none."""
    stems = [stem for stem in take.record.reply.stems if stem.layer == layer]
    return min(stems, key=lambda stem: stem.rank).variation if stems else 0


def _heard(work: Work, take: TakeSummary) -> dict[str, int]:
    """The stem of every layer that is heard: what is not touched stays as it sounds."""
    names = [layer.name for layer in take.record.layers]
    return {name: heard_variation(work, take, name) for name in names}


def _time(frame: int) -> str:
    """A frame of the clip as requests count."""
    return f"{frame}f"


def _refused(what: str, hint: str) -> CuelockError:
    return CuelockError("request.range", what, hint=hint)
