"""The REAPER project in front as a Host. Positions there are seconds from the project's start."""

from __future__ import annotations

from fractions import Fraction

from host_bridge.errors import CuelockError
from host_bridge.placing import OURS, take_of
from host_bridge.reaper.items import (
    PROJECT,
    TAKE_KEY,
    ReaperItem,
    items_of,
    samples_of,
    tracks_of,
)
from host_bridge.relay import Call, Do, RemoteObject, Value
from host_bridge.timecode import FrameIndex, Rate, SampleIndex, frame_of_sample, sample_of_frame
from host_bridge.timeline import (
    SAMPLE_RATE,
    MarkedRange,
    Marker,
    Piece,
    PlacedClip,
    Placement,
    Stem,
    Track,
)

_EVERYTHING = -1  # what an undo step may have changed
_PICTURE = "VIDEO"


class ReaperHost:
    """do: does a batch of calls in REAPER; Relay.do."""

    name = "reaper"

    def __init__(self, do: Do) -> None:
        self._do = do

    def marked(self) -> MarkedRange:
        (begin, end), (offset,), (name, *_) = self._do(
            [
                Call("GetSet_LoopTimeRange2", (PROJECT, False, False, 0, 0, False)),
                Call("GetProjectTimeOffset", (PROJECT, False)),
                Call("GetProjectName", (PROJECT,)),
            ]
        )
        if end <= begin:
            raise CuelockError(
                "host.marks",
                "No time is selected.",
                hint="Drag over the ruler to select the range that should sound.",
            )
        rate = self._rate()
        start = frame_of_sample(samples_of(begin), rate, SAMPLE_RATE)
        stop = FrameIndex(frame_of_sample(samples_of(end) - 1, rate, SAMPLE_RATE) + 1)
        return MarkedRange(
            host=self.name,
            timeline=str(name),
            rate=str(rate),
            first=FrameIndex(round(Fraction(offset) * rate.exact)),
            start=start,
            stop=stop,
            pieces=self._picture(rate, start, stop),
        )

    def tracks(self) -> tuple[Track, ...]:
        tracks = tracks_of(self._do)
        items = items_of(self._do, tracks)
        return tuple(
            Track(
                name=track.name,
                channels=None,
                locked=False,
                clips=tuple(_placed(item) for item in items if item.track == number),
            )
            for number, track in enumerate(tracks)
        )

    def place(self, plan: tuple[Placement, ...]) -> None:
        wanted = [one for one in plan if one.state == "place"]
        sources = self._sources([one.stem.path for one in wanted])
        count = len(tracks_of(self._do))
        calls = [
            Call("InsertTrackAtIndex", (number, False))
            for number in sorted({one.track for one in wanted if one.track >= count})
        ]
        for one, source in zip(wanted, sources):
            calls.append(Call("GetTrack", (PROJECT, one.track)))
            track = Value(len(calls) - 1)
            if one.track >= count:
                name = ("P_NAME", one.track_name, True)
                calls.append(Call("GetSetMediaTrackInfo_String", (track, *name)))
            calls += _placing(one.stem, track, source, at=len(calls))
        self._as_one_step(f"{OURS}: place {len(wanted)} stems", calls)

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        """A marker bears its key in its name: REAPER keeps nothing else with one."""
        rate = self._rate()
        known = self._marker_names()
        new = [m for m in markers if not any(name.endswith(f" {m.key}") for name in known)]
        calls = [
            Call("AddProjectMarker2", (PROJECT, False, at, 0, f"{m.name} {m.key}", -1, 0))
            for m in new
            for at in [_seconds(sample_of_frame(m.frame, rate, SAMPLE_RATE))]
        ]
        if calls:
            self._as_one_step(f"{OURS}: markers", calls)

    def _as_one_step(self, name: str, calls: list[Call]) -> None:
        """Calls as one step of undo, without a picture of what lies between."""
        ends = [
            Call("PreventUIRefresh", (-1,)),
            Call("UpdateArrange"),
            Call("Undo_EndBlock2", (PROJECT, name, _EVERYTHING)),
        ]
        begins = [Call("Undo_BeginBlock2", (PROJECT,)), Call("PreventUIRefresh", (1,))]
        try:
            self._do([*begins, *(_later(call, len(begins)) for call in calls), *ends])
        except CuelockError:
            self._do([*ends, Call("Undo_DoUndo2", (PROJECT,))])
            raise

    def _rate(self) -> Rate:
        ((frames, drop),) = self._do([Call("TimeMap_curFrameRate", (PROJECT,))])
        return Rate.parse(f"{frames:.6f}{' DF' if drop else ''}")

    def _sources(self, paths: list[str]) -> list[RemoteObject]:
        """The stems as REAPER reads them; nothing is on the timeline yet."""
        answers = self._do([Call("PCM_Source_CreateFromFile", (path,)) for path in paths])
        for path, source in zip(paths, answers):
            if not source or source[0] is None:
                raise CuelockError(
                    "host.refused",
                    f"REAPER cannot read {path}.",
                    hint="Open the file in REAPER's media explorer: it says what is wrong with it.",
                )
        return [source[0] for source in answers]

    def _marker_names(self) -> list[str]:
        ((count, *_),) = self._do([Call("CountProjectMarkers", (PROJECT,))])
        rows = self._do([Call("EnumProjectMarkers3", (PROJECT, n)) for n in range(int(count))])
        return [str(row[4]) for row in rows]

    def _picture(self, rate: Rate, start: FrameIndex, stop: FrameIndex) -> tuple[Piece, ...]:
        """What is seen: the topmost track with a picture, which REAPER shows in front.

        REAPER does not say a movie's own rate: its time is counted in the project's frames.
        """
        tracks = tracks_of(self._do)
        begin, end = (sample_of_frame(f, rate, SAMPLE_RATE) for f in (start, stop))
        seen = [
            item
            for item in items_of(self._do, tracks)
            if _PICTURE in item.kind and not item.muted and not tracks[item.track].muted
            if item.start < end and begin < item.start + item.length
        ]
        topmost = min((item.track for item in seen), default=0)
        pieces = [_piece(item, rate) for item in seen if item.track == topmost]
        return tuple(sorted(pieces, key=lambda piece: piece.start))


def _placing(stem: Stem, track: Value, source: RemoteObject, at: int) -> list[Call]:
    """The calls that put a stem on a track; `at` is the number of the first."""
    item, take = Value(at), Value(at + 1)
    return [
        Call("AddMediaItemToTrack", (track,)),
        Call("AddTakeToMediaItem", (item,)),
        Call("SetMediaItemTake_Source", (take, source)),
        Call("SetMediaItemInfo_Value", (item, "D_POSITION", _seconds(stem.start))),
        Call("SetMediaItemInfo_Value", (item, "D_LENGTH", _seconds(stem.samples))),
        Call("SetMediaItemInfo_Value", (item, "B_LOOPSRC", 0)),
        Call("GetSetMediaItemTakeInfo_String", (take, "P_NAME", stem.layer, True)),
        Call("GetSetMediaItemInfo_String", (item, TAKE_KEY, stem.take, True)),
    ]


def _piece(item: ReaperItem, rate: Rate) -> Piece:
    if item.kind != _PICTURE:
        raise CuelockError(
            "host.retimed",
            f"The clip {item.name} under the marks is a section of its file, or reversed.",
            hint="Render the range to a movie and use that, or glue the item first.",
        )
    return Piece(
        start=frame_of_sample(item.start, rate, SAMPLE_RATE),
        stop=frame_of_sample(item.start + item.length, rate, SAMPLE_RATE),
        path=item.path,
        media_start=FrameIndex(round(Fraction(item.offset) * rate.exact)),
        media_rate=str(rate.exact),
        speed=str(item.playrate),
    )


def _placed(item: ReaperItem) -> PlacedClip:
    return PlacedClip(
        start=item.start,
        stop=SampleIndex(item.start + item.length),
        name=item.name,
        path=item.path,
        take=item.take or take_of(item.path),
    )


def _seconds(samples: int) -> float:
    return samples / SAMPLE_RATE


def _later(call: Call, by: int) -> Call:
    """A call whose references mean calls that come so many later."""
    args = tuple(Value(a.call + by) if isinstance(a, Value) else a for a in call.args)
    return call._replace(args=args)
