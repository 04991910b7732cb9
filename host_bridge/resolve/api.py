"""The functions of Resolve that are used, by their official signatures.

Source: Blackmagic Design, Developer/Scripting/README.txt (19.1). Most failures are None, False or
an empty list; whether an object has a function cannot be asked (every attribute seems to be there).
Three origins: marks and markers count from the timeline's start, items and recordFrame from
midnight, timecodes are labels.
"""

from __future__ import annotations

from typing import Any, Optional, Protocol, Sequence, TypedDict, Union

Frames = Union[int, float]


class ClipInfo(TypedDict):
    """What AppendToTimeline is told. endFrame is exclusive, recordFrame counts from midnight."""

    mediaPoolItem: MediaPoolItem
    startFrame: int
    endFrame: int
    mediaType: int
    trackIndex: int
    recordFrame: int


class RenderSettings(TypedDict):
    """What SetRenderSettings is told; it adds to what the Deliver page holds.

    MarkIn and MarkOut count from midnight, and the frame of MarkOut is rendered too.
    """

    SelectAllFrames: bool
    MarkIn: int
    MarkOut: int
    TargetDir: str
    CustomName: str
    ExportVideo: bool
    ExportAudio: bool


class MediaPoolItem(Protocol):
    def GetName(self) -> str: ...  # noqa: N802
    def GetClipProperty(self, name: str) -> Any: ...  # noqa: N802


class Folder(Protocol):
    def GetName(self) -> str: ...  # noqa: N802
    def GetClipList(self) -> Sequence[MediaPoolItem]: ...  # noqa: N802
    def GetSubFolderList(self) -> Sequence[Folder]: ...  # noqa: N802


class MediaPool(Protocol):
    def GetRootFolder(self) -> Folder: ...  # noqa: N802
    def GetCurrentFolder(self) -> Folder: ...  # noqa: N802
    def SetCurrentFolder(self, folder: Folder) -> bool: ...  # noqa: N802
    def AddSubFolder(self, folder: Folder, name: str) -> Optional[Folder]: ...  # noqa: N802
    def ImportMedia(self, paths: list[str]) -> Sequence[MediaPoolItem]: ...  # noqa: N802
    def AppendToTimeline(self, clips: list[ClipInfo]) -> Sequence[Any]: ...  # noqa: N802


class TimelineItem(Protocol):
    def GetName(self) -> str: ...  # noqa: N802
    def GetStart(self, subframe_precision: bool = False) -> Frames: ...  # noqa: N802
    def GetEnd(self, subframe_precision: bool = False) -> Frames: ...  # noqa: N802
    def GetLeftOffset(self, subframe_precision: bool = False) -> Frames: ...  # noqa: N802
    def GetSourceStartFrame(self) -> int: ...  # noqa: N802
    def GetSourceEndFrame(self) -> int: ...  # noqa: N802
    def GetClipEnabled(self) -> bool: ...  # noqa: N802
    def GetMediaPoolItem(self) -> Optional[MediaPoolItem]: ...  # noqa: N802


class Timeline(Protocol):
    def GetName(self) -> str: ...  # noqa: N802
    def GetSetting(self, name: str) -> Any: ...  # noqa: N802
    def GetStartFrame(self) -> int: ...  # noqa: N802
    def GetMarkInOut(self) -> Any: ...  # noqa: N802
    def ClearMarkInOut(self, kind: str) -> bool: ...  # noqa: N802
    def SetMarkInOut(self, start: int, last: int, kind: str) -> bool: ...  # noqa: N802
    def GetTrackCount(self, kind: str) -> int: ...  # noqa: N802
    def GetTrackName(self, kind: str, index: int) -> str: ...  # noqa: N802
    def SetTrackName(self, kind: str, index: int, name: str) -> bool: ...  # noqa: N802
    def GetTrackSubType(self, kind: str, index: int) -> str: ...  # noqa: N802
    def GetIsTrackLocked(self, kind: str, index: int) -> bool: ...  # noqa: N802
    def GetIsTrackEnabled(self, kind: str, index: int) -> bool: ...  # noqa: N802
    def AddTrack(self, kind: str, subtype: str) -> bool: ...  # noqa: N802
    def DeleteTrack(self, kind: str, index: int) -> bool: ...  # noqa: N802
    def GetItemListInTrack(self, kind: str, index: int) -> Sequence[TimelineItem]: ...  # noqa: N802
    def AddMarker(  # noqa: N802
        self, frame: int, color: str, name: str, note: str, duration: int, data: str
    ) -> bool: ...
    def GetMarkers(self) -> Any: ...  # noqa: N802
    def GetMarkerByCustomData(self, data: str) -> Any: ...  # noqa: N802


class Project(Protocol):
    def GetName(self) -> str: ...  # noqa: N802
    def GetCurrentTimeline(self) -> Optional[Timeline]: ...  # noqa: N802
    def GetMediaPool(self) -> MediaPool: ...  # noqa: N802
    def SaveAsNewRenderPreset(self, name: str) -> bool: ...  # noqa: N802
    def LoadRenderPreset(self, name: str) -> bool: ...  # noqa: N802
    def DeleteRenderPreset(self, name: str) -> bool: ...  # noqa: N802
    def GetCurrentRenderMode(self) -> int: ...  # noqa: N802
    def SetCurrentRenderMode(self, mode: int) -> bool: ...  # noqa: N802
    def SetCurrentRenderFormatAndCodec(self, format_: str, codec: str) -> bool: ...  # noqa: N802
    def SetRenderSettings(self, settings: RenderSettings) -> bool: ...  # noqa: N802
    def AddRenderJob(self) -> str: ...  # noqa: N802
    def DeleteRenderJob(self, job: str) -> bool: ...  # noqa: N802
    def StartRendering(self, jobs: list[str], interactive: bool) -> bool: ...  # noqa: N802
    def StopRendering(self) -> None: ...  # noqa: N802
    def IsRenderingInProgress(self) -> bool: ...  # noqa: N802
    def GetRenderJobStatus(self, job: str) -> Any: ...  # noqa: N802


class ProjectManager(Protocol):
    def GetCurrentProject(self) -> Optional[Project]: ...  # noqa: N802
    def SaveProject(self) -> bool: ...  # noqa: N802


class Resolve(Protocol):
    def GetVersion(self) -> Sequence[Any]: ...  # noqa: N802
    def GetCurrentPage(self) -> Optional[str]: ...  # noqa: N802
    def OpenPage(self, name: str) -> bool: ...  # noqa: N802
    def GetProjectManager(self) -> ProjectManager: ...  # noqa: N802
