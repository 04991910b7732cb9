"""Errands carried out: the engine makes what a host wants, and where it goes is planned."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from engine.cli.layers import layers_of
from engine.cli.render import SEEDS
from host_bridge.client import Progress, connect, run
from host_bridge.errand import (
    Errand,
    KnownTake,
    Made,
    NewSounds,
    NewTexture,
    Planned,
    planned,
    region_under,
    stems_folder,
    take_meant,
)
from host_bridge.pictures import PICTURES
from host_bridge.placing import markers_of
from host_bridge.protocol import (
    NamedTake,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    TakeRecord,
    TakeSummary,
)
from host_bridge.timeline import MarkedRange, Marker
from host_bridge.travel import fetch_files


def carry_out(errand: Errand, progress: Progress) -> Planned:
    """Have the sounds made and say where they go; the host has not moved yet.

    Raises CuelockError.
    """
    errand = replace(errand, to=errand.to or str(stems_folder(errand.marked)))
    return planned(
        Made(
            marked=errand.marked,
            tracks=errand.tracks,
            reply=_made(errand, progress),
            onto=errand.onto,
            variation=errand.variation,
        )
    )


def spotted(marked: MarkedRange) -> tuple[Marker, ...]:
    """The events under the marks as markers. Raises CuelockError."""
    from engine.picture.assembly import shown
    from engine.service.spot import spot

    with TemporaryDirectory(prefix="cuelock-") as scratch:
        picture = shown(marked, Path(scratch))
        reply = spot(
            Path(picture.path),
            None,
            range_in=f"{picture.frames.start}f",
            range_out=f"{picture.frames.stop}f",
            start_timecode=picture.start_timecode,
            rate=marked.rate,
        )
    return markers_of(reply, marked)


def _made(errand: Errand, progress: Progress) -> RenderReply:
    """The take that is wanted, its files in the errand's folder."""
    match errand.want:
        case NewSounds() as want:
            asked = _render_request(errand, want)
            return run("render", asked, RenderReply, progress, id_=errand.job)
        case NewTexture() as want:
            region = _regenerate_request(errand, want)
            return run("regenerate", region, RenderReply, progress, id_=errand.job)
        case KnownTake(take=take):
            with connect() as engine:
                shown = engine.ask("take.show", NamedTake(take=take), TakeSummary)
                return fetch_files(engine, shown.record.reply, errand, progress)


def _render_request(errand: Errand, want: NewSounds) -> RenderRequest:
    from engine.picture.assembly import shown

    picture = shown(errand.marked, Path(errand.to, PICTURES))
    return RenderRequest(
        clip=picture.path,
        layers=layers_of(
            want.texts,
            want.presets,
            seed=_seed(want.seed),
            negative=want.negative,
            strictness=want.strictness,
            focus=None,
        ),
        to=errand.to,
        range_in=f"{picture.frames.start}f",
        range_out=f"{picture.frames.stop}f",
        start_timecode=picture.start_timecode,
        rate=errand.marked.rate,
        handles=want.handles,
        variations=want.variations,
        bundle=want.bundle,
        steps=want.steps,
    )


def _regenerate_request(errand: Errand, want: NewTexture) -> RegenerateRequest:
    record = _record(take_meant(want, errand))
    region_in, region_out = region_under(errand.marked, record)
    return RegenerateRequest(
        take=record.take,
        region_in=region_in,
        region_out=region_out,
        to=errand.to,
        variation=errand.variation,
        layers=want.layers,
        lock=want.lock,
        prompt=want.prompt,
        negative=want.negative,
        strictness=want.strictness,
        seed=_seed(want.seed),
        variations=want.variations,
        steps=want.steps,
    )


def _record(take: str) -> TakeRecord:
    with connect() as engine:
        return engine.ask("take.show", NamedTake(take=take), TakeSummary).record


def _seed(seed: int | None) -> int:
    return secrets.randbelow(SEEDS) if seed is None else seed
