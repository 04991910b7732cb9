"""What the panel works on, as frozen values: the artist's work, and the session around it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from host_bridge.protocol import Curve, CurveEdit, ErrorReport, Layer, RenderRequest, Submit

VERSION = 1
_ROOM_SECONDS = 0.5  # around breakpoints: the sound has to come to what is drawn and leave it


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """How a sound is heard in the panel; the stem's file does not change."""

    mute: bool = False
    solo: bool = False
    gain_db: float = 0.0


class Region(msgspec.Struct, frozen=True, array_like=True):
    """Frames [start, stop) of the clip."""

    start: int
    stop: int

    def within(self, other: Region) -> Region | None:
        """What of it lies in another; None for nothing."""
        start, stop = max(self.start, other.start), min(self.stop, other.stop)
        return Region(start, stop) if start < stop else None

    def without(self, other: Region) -> tuple[Region, ...]:
        """What of it lies outside another.

        >>> Region(0, 9).without(Region(3, 5)), Region(0, 9).without(Region(0, 20))
        ((Region(start=0, stop=3), Region(start=5, stop=9)), ())
        """
        before = Region(self.start, min(self.stop, other.start))
        after = Region(max(self.start, other.stop), self.stop)
        return tuple(part for part in (before, after) if part.start < part.stop)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What undo steps through. No edit changes a file: edits wait until they are rendered.

    layer: the name of the one that is worked on; take: the chosen one; variations: which stem of
    a layer is heard, where it is not the best; removed: layers that takes have and nobody wants;
    region: the one selection of time, which is rendered, looped, made anew and exported as a
    timeline; edits: of the wanted curves there, of `layer`.
    """

    layers: tuple[Layer, ...] = ()
    layer: str = ""
    take: str | None = None
    variations: dict[str, int] = {}
    strips: dict[str, Strip] = {}
    removed: tuple[str, ...] = ()
    region: Region | None = None
    locks: tuple[Curve, ...] = ("energy",)
    edits: tuple[CurveEdit, ...] = ()

    def chosen(self) -> Layer | None:
        """The layer that is worked on."""
        return next((layer for layer in self.layers if layer.name == self.layer), None)

    def wanted(self, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        """A take's layers without those that were removed, unless none were left."""
        return tuple(layer for layer in layers if layer.name not in self.removed) or layers


def region_of(request: RenderRequest) -> Region:
    """A request's frames of the clip, by which the panel asks."""
    assert request.range_in is not None
    assert request.range_out is not None
    return Region(*(int(at.removesuffix("f")) for at in (request.range_in, request.range_out)))


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A range of the batch, with the layers it was put there with.

    job: what the engine is asked, under the id it keeps; state: whether it still waits to be asked,
    was asked, or how it ended; take: what came of it; error: why nothing did.
    """

    job: Submit
    state: Literal["waits", "asked", "done", "failed"] = "waits"
    take: str = ""
    error: ErrorReport | None = None

    @property
    def request(self) -> RenderRequest:
        """What is asked."""
        return msgspec.msgpack.decode(self.job.params, type=RenderRequest)

    @property
    def region(self) -> Region:
        """Its frames of the clip."""
        return region_of(self.request)


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """A guide that was performed: its file, as long as the frames it is for."""

    path: str
    region: Region


class Piece(NamedTuple):
    """A part of a layer from a variation of a take, to be comped."""

    take: str
    variation: int
    region: Region | None
    layer: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is there again when the panel is opened again.

    jobs: given to the engine and not seen at their end; pieces: swipes that wait for the one
    before; batch: ranges for the engine to work through; tries: guides that were performed, the
    oldest first; playhead: a frame of the clip; window: geometry and docks, as Qt writes them.
    """

    version: int = VERSION
    clip: str = ""
    work: Work = Work()
    jobs: tuple[Submit, ...] = ()
    pieces: tuple[Piece, ...] = ()
    batch: tuple[Queued, ...] = ()
    tries: tuple[Try, ...] = ()
    playhead: int = 0
    window: bytes = b""


class Names(NamedTuple):
    """What a new layer may be called, beside those that are there."""

    taken: frozenset[str]

    def free(self, wanted: str) -> str:
        """The name itself, or with the first number that is free.

        >>> Names(frozenset({"rain", "rain 2"})).free("rain")
        'rain 3'
        """
        numbered = (f"{wanted} {n}" for n in range(2, len(self.taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in self.taken)


def around(drawn: Region, fps: float, whole: Region, known: Region | None) -> Region:
    """The region that drawn frames belong to, inside a take: with room, and with the one before.

    >>> around(Region(30, 40), 24, Region(0, 60), Region(50, 55))
    Region(start=18, stop=55)
    """
    room = round(_ROOM_SECONDS * fps)
    known = known or drawn
    start, stop = min(drawn.start - room, known.start), max(drawn.stop + room, known.stop)
    return Region(start, stop).within(whole) or whole
