"""The items of a REAPER project, read in few batches of calls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple, Optional, Sequence

from host_bridge.relay import Call, Do, RemoteObject, Value
from host_bridge.timecode import SampleIndex
from host_bridge.timeline import SAMPLE_RATE

PROJECT = 0  # the one that is open in front
TAKE_KEY = "P_EXT:cuelock_take"
_BATCH = 500  # items; a call is a few table entries, of which a Lua function holds some thousands
_SOURCE_OF_SECTION = "SECTION"


class ReaperTrack(NamedTuple):
    handle: RemoteObject
    name: str
    muted: bool
    items: int


class ReaperItem(NamedTuple):
    """An item of a track. start and length in samples at 48 kHz; offset: seconds into its source.

    kind: the type of its source, "" without one; take: the one it was placed for.
    """

    track: int
    start: SampleIndex
    length: int
    muted: bool
    name: str
    path: str
    kind: str
    offset: float
    playrate: Fraction
    take: Optional[str]


def samples_of(seconds: float) -> SampleIndex:
    """REAPER's positions are doubles of seconds; the sample that is meant."""
    return SampleIndex(round(seconds * SAMPLE_RATE))


def tracks_of(do: Do) -> list[ReaperTrack]:
    ((count,),) = do([Call("CountTracks", (PROJECT,))])
    answers = do(
        [
            call
            for n in range(int(count))
            for call in (
                Call("GetTrack", (PROJECT, n)),
                Call("GetSetMediaTrackInfo_String", (Value(4 * n), "P_NAME", "", False)),
                Call("GetMediaTrackInfo_Value", (Value(4 * n), "B_MUTE")),
                Call("CountTrackMediaItems", (Value(4 * n),)),
            )
        ]
    )
    return [
        ReaperTrack(handle[0], str(named[1]), bool(muted[0]), int(items[0]))
        for handle, named, muted, items in zip(*(answers[k::4] for k in range(4)))
    ]


def items_of(do: Do, tracks: Sequence[ReaperTrack]) -> list[ReaperItem]:
    """Every item, track by track."""
    wanted = [(n, track, k) for n, track in enumerate(tracks) for k in range(track.items)]
    found: list[ReaperItem] = []
    for begin in range(0, len(wanted), _BATCH):
        found += _some_items(do, wanted[begin : begin + _BATCH])
    return found


def _some_items(do: Do, wanted: Sequence[tuple[int, ReaperTrack, int]]) -> list[ReaperItem]:
    answers = do(
        [
            call
            for n, (_, track, k) in enumerate(wanted)
            for call in (
                Call("GetTrackMediaItem", (track.handle, k)),
                Call("GetMediaItemInfo_Value", (Value(6 * n), "D_POSITION")),
                Call("GetMediaItemInfo_Value", (Value(6 * n), "D_LENGTH")),
                Call("GetMediaItemInfo_Value", (Value(6 * n), "B_MUTE")),
                Call("GetSetMediaItemInfo_String", (Value(6 * n), TAKE_KEY, "", False)),
                Call("GetActiveTake", (Value(6 * n),)),
            )
        ]
    )
    rows = list(zip(*(answers[k::6] for k in range(6))))
    shown = _shown(do, [take[0] if take else None for *_, take in rows])
    return [
        ReaperItem(
            track=number,
            start=samples_of(position[0]),
            length=samples_of(length[0]),
            muted=bool(muted[0]),
            name=name,
            path=path,
            kind=kind,
            offset=offset,
            playrate=playrate,
            take=str(kept[1]) or None,
        )
        for (number, _, _), (_, position, length, muted, kept, _), (
            name, path, kind, offset, playrate,
        ) in zip(wanted, rows, shown)
    ]  # fmt: skip


def _shown(
    do: Do, takes: Sequence[Optional[RemoteObject]]
) -> list[tuple[str, str, str, float, Fraction]]:
    """Name, file, type, offset and rate of what each take shows; an empty item has no take."""
    there = [take for take in takes if take is not None]
    answers = do(
        [
            call
            for n, take in enumerate(there)
            for call in (
                Call("GetMediaItemTake_Source", (take,)),
                Call("GetMediaSourceType", (Value(6 * n),)),
                Call("GetMediaSourceFileName", (Value(6 * n),)),
                Call("GetMediaItemTakeInfo_Value", (take, "D_STARTOFFS")),
                Call("GetMediaItemTakeInfo_Value", (take, "D_PLAYRATE")),
                Call("GetSetMediaItemTakeInfo_String", (take, "P_NAME", "", False)),
            )
        ]
    )
    rows = iter(zip(*(answers[k::6] for k in range(6))))
    shown: list[tuple[str, str, str, float, Fraction]] = []
    for take in takes:
        if take is None:
            shown.append(("", "", "", 0.0, Fraction(1)))
            continue
        source, kind, path, offset, playrate, name = next(rows)
        if kind[0] == _SOURCE_OF_SECTION:
            kind, path = _parent(do, source[0])
        rate = Fraction(playrate[0]).limit_denominator(1000)
        shown.append((str(name[1]), str(path[0]), str(kind[0]), float(offset[0]), rate))
    return shown


def _parent(do: Do, section: RemoteObject) -> tuple[list[Any], list[Any]]:
    """Type and file of what a section (or a reversed source) is a section of."""
    _, kind, path = do(
        [
            Call("GetMediaSourceParent", (section,)),
            Call("GetMediaSourceType", (Value(0),)),
            Call("GetMediaSourceFileName", (Value(0),)),
        ]
    )
    return ["SECTION " + str(kind[0])], path
