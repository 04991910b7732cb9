"""A REAPER that is not there: the functions of ReaScript that are used, strictly.

Functions take exactly their arguments, of their kinds; a pointer of another kind or to something
deleted is refused as REAPER does ("expected valid pointer"). Outside an undo block each change is
a step of undo of its own; refreshing the picture has to be balanced.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import soundfile


@dataclass(eq=False)
class FakeSource:
    path: str
    kind: str = "WAVE"
    parent: FakeSource | None = None


@dataclass(eq=False)
class FakeTake:
    source: FakeSource | None = None
    name: str = ""
    offset: float = 0.0
    playrate: float = 1.0


@dataclass(eq=False)
class FakeMediaItem:
    values: dict[str, float] = field(
        default_factory=lambda: {
            "D_POSITION": 0.0, "D_LENGTH": 0.0, "B_MUTE": 0, "B_LOOPSRC": 1
        }
    )  # fmt: skip
    takes: list[FakeTake] = field(default_factory=list[FakeTake])
    kept: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(eq=False)
class FakeMediaTrack:
    name: str = ""
    muted: bool = False
    items: list[FakeMediaItem] = field(default_factory=list[FakeMediaItem])


class FakeReaper:
    """Every method with a capital is a function of the `reaper` table."""

    def __init__(self) -> None:
        self.fps, self.drop = 25.0, False
        self.offset = 0.0
        self.selection: tuple[float, float] = (0.0, 0.0)
        self.tracks: list[FakeMediaTrack] = []
        self.markers: list[tuple[float, str]] = []
        self.undo: list[str] = []
        self.block = 0
        self.hidden = 0
        self.before: list[FakeMediaTrack] = []
        self.unreadable: set[str] = set()

    def call(self, name: str, *args: Any) -> Any:
        """A function by its name, its arguments looked at. Raises TypeError as REAPER does."""
        function = getattr(FakeReaper, name, None)
        if function is None or not name[0].isupper():
            raise TypeError(f"attempt to call a nil value (field '{name}')")
        parameters = list(inspect.signature(function).parameters.values())[1:]
        if len(args) != len(parameters):
            raise TypeError(f"{name} takes {len(parameters)} arguments")
        for given, parameter in zip(args, parameters, strict=True):
            self._check(name, given, str(parameter.annotation))
        return function(self, *args)

    def _check(self, name: str, given: Any, kind: str) -> None:
        plain = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
        if kind in plain:
            fine = isinstance(given, plain[kind])
            fine = fine and isinstance(given, bool) == (kind == "bool")
            if not fine:
                raise TypeError(f"bad argument to {name}: {kind} expected, got {given!r}")
        elif type(given).__name__ != kind or not self._valid(given):
            raise TypeError(f"bad argument to {name}: expected valid pointer")

    def _valid(self, pointer: Any) -> bool:
        items = [item for track in self.tracks for item in track.items]
        takes = [take for item in items for take in item.takes]
        if isinstance(pointer, FakeSource):
            return True
        return any(pointer is one for one in (*self.tracks, *items, *takes))

    def _changed(self, what: str) -> None:
        if not self.block:
            self.undo.append(what)

    # what is shown

    def GetProjectName(self, project: int) -> Any:  # noqa: N802
        return "Reel 1.rpp"

    def TimeMap_curFrameRate(self, project: int) -> Any:  # noqa: N802
        return self.fps, self.drop

    def GetProjectTimeOffset(self, project: int, rounded: bool) -> Any:  # noqa: N802
        return self.offset

    def GetSet_LoopTimeRange2(  # noqa: N802
        self, project: int, set_it: bool, loop: bool, start: float, end: float, seek: bool
    ) -> Any:
        assert not set_it, "the artist's time selection is theirs"
        return self.selection

    def CountTracks(self, project: int) -> Any:  # noqa: N802
        return len(self.tracks)

    def GetTrack(self, project: int, index: int) -> Any:  # noqa: N802
        return self.tracks[index] if 0 <= index < len(self.tracks) else None

    def GetMediaTrackInfo_Value(self, track: FakeMediaTrack, name: str) -> Any:  # noqa: N802
        return {"B_MUTE": float(track.muted)}[name]

    def CountTrackMediaItems(self, track: FakeMediaTrack) -> Any:  # noqa: N802
        return len(track.items)

    def GetTrackMediaItem(self, track: FakeMediaTrack, index: int) -> Any:  # noqa: N802
        return track.items[index] if 0 <= index < len(track.items) else None

    def GetMediaItemInfo_Value(self, item: FakeMediaItem, name: str) -> Any:  # noqa: N802
        return item.values[name]

    def GetActiveTake(self, item: FakeMediaItem) -> Any:  # noqa: N802
        return item.takes[0] if item.takes else None

    def GetMediaItemTake_Source(self, take: FakeTake) -> Any:  # noqa: N802
        return take.source

    def GetMediaSourceType(self, source: FakeSource) -> Any:  # noqa: N802
        return source.kind

    def GetMediaSourceFileName(self, source: FakeSource) -> Any:  # noqa: N802
        return source.path

    def GetMediaSourceParent(self, source: FakeSource) -> Any:  # noqa: N802
        return source.parent

    def GetMediaItemTakeInfo_Value(self, take: FakeTake, name: str) -> Any:  # noqa: N802
        return {"D_STARTOFFS": take.offset, "D_PLAYRATE": take.playrate}[name]

    def CountProjectMarkers(self, project: int) -> Any:  # noqa: N802
        return len(self.markers), len(self.markers), 0

    def EnumProjectMarkers3(self, project: int, index: int) -> Any:  # noqa: N802
        at, name = self.markers[index]
        return index + 1, False, at, 0.0, name, index + 1, 0

    # what is changed

    def PCM_Source_CreateFromFile(self, path: str) -> Any:  # noqa: N802
        if path in self.unreadable or not Path(path).is_file():
            return None
        assert soundfile.info(path).frames
        return FakeSource(path)

    def InsertTrackAtIndex(self, index: int, defaults: bool) -> Any:  # noqa: N802
        assert 0 <= index <= len(self.tracks)
        self.tracks.insert(index, FakeMediaTrack())
        self._changed("track")

    def GetSetMediaTrackInfo_String(  # noqa: N802
        self, track: FakeMediaTrack, name: str, text: str, set_it: bool
    ) -> Any:
        assert name == "P_NAME"
        if set_it:
            track.name = text
            self._changed("name")
        return True, track.name

    def AddMediaItemToTrack(self, track: FakeMediaTrack) -> Any:  # noqa: N802
        track.items.append(FakeMediaItem())
        self._changed("item")
        return track.items[-1]

    def SetMediaItemInfo_Value(  # noqa: N802
        self, item: FakeMediaItem, name: str, value: float
    ) -> Any:
        assert name in item.values
        item.values[name] = value
        self._changed(name)
        return True

    def GetSetMediaItemInfo_String(  # noqa: N802
        self, item: FakeMediaItem, name: str, text: str, set_it: bool
    ) -> Any:
        assert name.startswith("P_EXT:")
        if set_it:
            item.kept[name] = text
            self._changed(name)
        return name in item.kept, item.kept.get(name, "")

    def AddTakeToMediaItem(self, item: FakeMediaItem) -> Any:  # noqa: N802
        item.takes.append(FakeTake())
        self._changed("take")
        return item.takes[-1]

    def SetMediaItemTake_Source(self, take: FakeTake, source: FakeSource) -> Any:  # noqa: N802
        take.source = source
        self._changed("source")
        return True

    def GetSetMediaItemTakeInfo_String(  # noqa: N802
        self, take: FakeTake, name: str, text: str, set_it: bool
    ) -> Any:
        assert name == "P_NAME"
        if set_it:
            take.name = text
            self._changed("name")
        return True, take.name

    def AddProjectMarker2(  # noqa: N802
        self, project: int, region: bool, at: float, end: float, name: str, wanted: int, color: int
    ) -> Any:
        self.markers.append((at, name))
        self._changed("marker")
        return len(self.markers)

    def PreventUIRefresh(self, by: int) -> Any:  # noqa: N802
        self.hidden += by
        assert self.hidden >= 0

    def UpdateArrange(self) -> Any:  # noqa: N802
        assert self.hidden == 0

    def Undo_BeginBlock2(self, project: int) -> Any:  # noqa: N802
        self.block += 1
        self.before = [
            FakeMediaTrack(track.name, track.muted, list(track.items)) for track in self.tracks
        ]

    def Undo_EndBlock2(self, project: int, name: str, flags: int) -> Any:  # noqa: N802
        assert self.block == 1
        assert self.hidden == 0
        self.block = 0
        self.undo.append(name)

    def Undo_DoUndo2(self, project: int) -> Any:  # noqa: N802
        self.undo.pop()
        self.tracks = self.before
        return 1
