"""A DaVinci Resolve that is not there, by the official signatures, with its quirks switched on.

Functions take what the README says and nothing else; what fails says None, False or [] as the real
ones do. Marks and markers count from the timeline's start, items and recordFrame from midnight.
An append that overlaps is dropped and spoils the rest of its call: that vanishes when the project
is saved. Every attribute seems to be there. What is rendered is what the Deliver page holds:
settings add to it and cannot be read, take the timeline's marks for their own, and hide what a
preset left.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import soundfile
from media_factory import Movie, numbered, write_movie

COLOURS = {"Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple"}
_CLIP_INFO = {"mediaPoolItem", "startFrame", "endFrame", "mediaType", "trackIndex", "recordFrame"}
_SUBTYPES = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}
_SETTINGS = {
    "SelectAllFrames": bool, "MarkIn": int, "MarkOut": int, "TargetDir": str, "CustomName": str,
    "ExportVideo": bool, "ExportAudio": bool,
}  # fmt: skip
_PAGES = {"media", "photo", "cut", "edit", "fusion", "color", "fairlight", "deliver"}
Function = TypeVar("Function", bound=Callable[..., Any])


class Surface:
    """An object of the bridge: hasattr() is true of every name, dir() tells what is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return None


def strict(function: Function) -> Function:
    """Refuse arguments of other kinds than the signature's: bool, int, str, list or an object."""
    kinds = {
        "int": (int,), "str": (str,), "bool": (bool,), "list[Any]": (list,), "Any": (object,),
        "dict[Any, Any]": (dict,),
    }  # fmt: skip
    parameters = list(inspect.signature(function).parameters.values())[1:]

    @wraps(function)
    def checked(self: Any, *args: Any) -> Any:
        least = sum(p.default is p.empty for p in parameters)
        if not least <= len(args) <= len(parameters):
            raise TypeError(f"{function.__name__} takes {least} to {len(parameters)} arguments")
        for given, parameter in zip(args, parameters, strict=False):
            kind = kinds[str(parameter.annotation)]
            if not isinstance(given, kind) or (kind == (int,) and isinstance(given, bool)):
                raise TypeError(f"{function.__name__}: {parameter.name} is no {kind[0].__name__}")
        return function(self, *args)

    return checked  # pyright: ignore[reportReturnType]


@dataclass
class FakeMedia(Surface):
    path: str
    fps: Any  # a number or words, by the version
    samples: int = 0
    channels: int = 1

    @strict
    def GetName(self) -> str:  # noqa: N802
        return Path(self.path).name

    @strict
    def GetClipProperty(self, name: str = "") -> Any:  # noqa: N802
        shown = {"File Path": self.path, "FPS": self.fps, "Start TC": "00:00:00:00"}
        return shown.get(name, "") if name else dict(shown)

    @property
    def rate(self) -> Fraction:
        return exact(self.fps)


@dataclass
class FakeItem(Surface):
    """start and stop are exact frames from midnight; shown: source frames it goes through."""

    start: Fraction
    stop: Fraction
    media: FakeMedia | None
    name: str = ""
    left: int = 0
    shown: Fraction | None = None
    enabled: bool = True
    ghost: bool = False

    @strict
    def GetName(self) -> str:  # noqa: N802
        return self.name or (self.media.GetName() if self.media else "Text+")

    @strict
    def GetStart(self, subframe: bool = False) -> Any:  # noqa: N802
        return float(self.start) if subframe else int(self.start)

    @strict
    def GetEnd(self, subframe: bool = False) -> Any:  # noqa: N802
        return float(self.stop) if subframe else int(self.stop)

    @strict
    def GetLeftOffset(self, subframe: bool = False) -> Any:  # noqa: N802
        return self.left

    @strict
    def GetSourceStartFrame(self) -> int:  # noqa: N802
        return self.left + 1  # off by one

    @strict
    def GetSourceEndFrame(self) -> int:  # noqa: N802
        return self.left + int(self.shown if self.shown is not None else self.stop - self.start)

    @strict
    def GetClipEnabled(self) -> bool:  # noqa: N802
        return self.enabled

    @strict
    def GetProperty(self, name: str) -> Any:  # noqa: N802
        return None  # of "Speed" too

    @strict
    def GetMediaPoolItem(self) -> Any:  # noqa: N802
        return self.media


@dataclass
class FakeTrack:
    name: str
    subtype: str = "mono"
    locked: bool = False
    enabled: bool = True
    items: list[FakeItem] = field(default_factory=list[FakeItem])


class FakeFolder(Surface):
    def __init__(self, name: str) -> None:
        self.name = name
        self.clips: list[FakeMedia] = []
        self.folders: list[FakeFolder] = []

    @strict
    def GetName(self) -> str:  # noqa: N802
        return self.name

    @strict
    def GetClipList(self) -> list[Any]:  # noqa: N802
        return list(self.clips)

    @strict
    def GetSubFolderList(self) -> list[Any]:  # noqa: N802
        return list(self.folders)


class FakeMediaPool(Surface):
    def __init__(self, project: FakeProject) -> None:
        self.project = project
        self.root = FakeFolder("Master")
        self.current = self.root
        self.refuses = False

    @strict
    def GetRootFolder(self) -> Any:  # noqa: N802
        return self.root

    @strict
    def GetCurrentFolder(self) -> Any:  # noqa: N802
        return self.current

    @strict
    def SetCurrentFolder(self, folder: Any) -> bool:  # noqa: N802
        self.current = folder
        return True

    @strict
    def AddSubFolder(self, folder: Any, name: str) -> Any:  # noqa: N802
        folder.folders.append(FakeFolder(name))
        self.current = folder.folders[-1]  # the new bin becomes the current one
        return self.current

    @strict
    def ImportMedia(self, paths: list[Any]) -> list[Any]:  # noqa: N802
        if self.refuses or not all(Path(path).is_file() for path in paths):
            return []
        made: list[FakeMedia] = []
        for path in paths:
            sound = soundfile.info(path)
            made.append(
                FakeMedia(path, self.project.sound_rate, int(sound.frames), int(sound.channels))
            )
        self.current.clips += made
        return made

    @strict
    def AppendToTimeline(self, clips: list[Any]) -> list[Any]:  # noqa: N802
        timeline = self.project.timeline
        assert timeline is not None
        made: list[FakeItem | None] = []
        for info in clips:
            if set(info) != _CLIP_INFO or info["mediaType"] != 2:
                raise TypeError(f"no clipInfo: {sorted(info)}")
            tracks = timeline.tracks["audio"]
            if not 1 <= info["trackIndex"] <= len(tracks) or tracks[info["trackIndex"] - 1].locked:
                return []
            track, media = tracks[info["trackIndex"] - 1], info["mediaPoolItem"]
            source = info["endFrame"] - info["startFrame"]  # the end is exclusive
            lasts = math.floor(source * timeline.exact / media.rate)
            start = Fraction(info["recordFrame"])
            covered = any(i.start < start + lasts and start < i.stop for i in track.items)
            if covered or _SUBTYPES[track.subtype] != media.channels:
                made.append(None)
                continue
            item = FakeItem(start, start + lasts, media, shown=Fraction(source))
            track.items.append(item)
            made.append(item)
        for item in made:
            # Below the timeline's start it reads back fine and sounds nowhere.
            if item and (None in made or item.start < timeline.start):
                item.ghost = True
        return made


class FakeTimeline(Surface):
    def __init__(self, rate: Any = "25", start: int = 0) -> None:
        self.rate, self.start, self.length = rate, start, 100_000
        self.marks: dict[str, dict[str, int]] = {}
        self.tracks: dict[str, list[FakeTrack]] = {"video": [FakeTrack("Video 1")], "audio": []}
        self.marked: dict[int, dict[str, Any]] = {}
        self.takes_tracks = True
        self.changes = 0

    @property
    def exact(self) -> Fraction:
        return exact(self.rate)

    @strict
    def GetName(self) -> str:  # noqa: N802
        return "Reel 1"

    @strict
    def GetSetting(self, name: str = "") -> Any:  # noqa: N802
        return self.rate if name == "timelineFrameRate" else ""

    @strict
    def GetStartFrame(self) -> int:  # noqa: N802
        return self.start

    @strict
    def GetMarkInOut(self) -> Any:  # noqa: N802
        return {kind: dict(mark) for kind, mark in self.marks.items()}

    @strict
    def ClearMarkInOut(self, kind: str = "all") -> bool:  # noqa: N802
        self.marks = {one: mark for one, mark in self.marks.items() if kind not in (one, "all")}
        return True

    @strict
    def SetMarkInOut(self, start: int, last: int, kind: str = "all") -> bool:  # noqa: N802
        for one in ("video", "audio") if kind == "all" else (kind,):
            self.marks[one] = {"in": start, "out": last}
        return True

    @strict
    def GetTrackCount(self, kind: str) -> int:  # noqa: N802
        return len(self.tracks[kind])

    @strict
    def GetTrackName(self, kind: str, index: int) -> str:  # noqa: N802
        return self.tracks[kind][index - 1].name

    @strict
    def SetTrackName(self, kind: str, index: int, name: str) -> bool:  # noqa: N802
        self.tracks[kind][index - 1].name = name
        return True

    @strict
    def GetTrackSubType(self, kind: str, index: int) -> str:  # noqa: N802
        return self.tracks[kind][index - 1].subtype

    @strict
    def GetIsTrackLocked(self, kind: str, index: int) -> bool:  # noqa: N802
        return self.tracks[kind][index - 1].locked

    @strict
    def GetIsTrackEnabled(self, kind: str, index: int) -> bool:  # noqa: N802
        return self.tracks[kind][index - 1].enabled

    @strict
    def AddTrack(self, kind: str, subtype: str = "mono") -> bool:  # noqa: N802
        if not self.takes_tracks or subtype not in _SUBTYPES:
            return False
        self.changes += 1
        self.tracks[kind].append(FakeTrack(f"Audio {len(self.tracks[kind]) + 1}", subtype))
        return True

    @strict
    def DeleteTrack(self, kind: str, index: int) -> bool:  # noqa: N802
        del self.tracks[kind][index - 1]
        return True

    @strict
    def GetItemListInTrack(self, kind: str, index: int) -> Any:  # noqa: N802
        if not 1 <= index <= len(self.tracks[kind]):
            return None
        return list(self.tracks[kind][index - 1].items)

    @strict
    def AddMarker(  # noqa: N802
        self, frame: int, color: str, name: str, note: str, duration: int, data: str = ""
    ) -> bool:
        if color not in COLOURS or frame in self.marked:
            return False
        self.marked[frame] = {"color": color, "name": name, "note": note, "customData": data}
        return True

    @strict
    def GetMarkers(self) -> Any:  # noqa: N802
        return {frame: dict(marker) for frame, marker in self.marked.items()}

    @strict
    def GetMarkerByCustomData(self, data: str) -> Any:  # noqa: N802
        return next((dict(m) for m in self.marked.values() if m["customData"] == data), {})


@dataclass(frozen=True)
class Deliver:
    """What the Deliver page holds. sound_alone: what a preset left that no setting undoes."""

    coder: tuple[str, str] = ("mov", "ProRes422HQ")
    mode: int = 0
    sound_alone: bool = False
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


class FakeProject(Surface):
    """ends: how rendering ends; as long as that is "Rendering", it goes on."""

    def __init__(self, resolve: FakeResolve) -> None:
        self.resolve = resolve
        self.name = "Feature"
        self.timeline: FakeTimeline | None = FakeTimeline()
        self.sound_rate: Any = 25.0  # what a sound that is imported says of its frames
        self.pool = FakeMediaPool(self)
        self.deliver = Deliver(settings={"TargetDir": "/the/artists", "SelectAllFrames": True})
        self.coders = {("mp4", "H264"), ("mov", "DNxHRLB"), ("mov", "ProRes422HQ")}
        self.presets = {"H.264 Master": Deliver(("mp4", "H264"))}
        self.jobs: dict[str, dict[str, Any]] = {"theirs": {"JobStatus": "Ready"}}
        self.queued: dict[str, Deliver] = {}
        self.rendering: str | None = None
        self.ends: dict[str, Any] = {"JobStatus": "Complete", "CompletionPercentage": 100}

    @strict
    def GetName(self) -> str:  # noqa: N802
        return self.name

    @strict
    def GetCurrentTimeline(self) -> Any:  # noqa: N802
        return self.timeline

    @strict
    def GetMediaPool(self) -> Any:  # noqa: N802
        return self.pool

    @strict
    def SaveAsNewRenderPreset(self, name: str) -> bool:  # noqa: N802
        if name in self.presets:
            return False
        self.presets[name] = self.deliver
        return True

    @strict
    def LoadRenderPreset(self, name: str) -> bool:  # noqa: N802
        mode = self.deliver.mode  # no preset holds it
        self.deliver = replace(self.presets.get(name, self.deliver), mode=mode)
        return name in self.presets

    @strict
    def DeleteRenderPreset(self, name: str) -> bool:  # noqa: N802
        return self.presets.pop(name, None) is not None

    @strict
    def GetCurrentRenderMode(self) -> int:  # noqa: N802
        return self.deliver.mode

    @strict
    def SetCurrentRenderMode(self, mode: int) -> bool:  # noqa: N802
        self.deliver = replace(self.deliver, mode=mode)
        return mode in (0, 1)

    @strict
    def SetCurrentRenderFormatAndCodec(self, format_: str, codec: str) -> bool:  # noqa: N802
        if (format_, codec) in self.coders:
            self.deliver = replace(self.deliver, coder=(format_, codec))
        return (format_, codec) in self.coders

    @strict
    def SetRenderSettings(self, settings: dict[Any, Any]) -> bool:  # noqa: N802
        for key, value in settings.items():
            if type(value) is not _SETTINGS[key]:
                raise TypeError(f"{key} is no {_SETTINGS[key].__name__}")
        if self.resolve.page != "deliver" or self.timeline is None:
            return False
        self.deliver = replace(self.deliver, settings={**self.deliver.settings, **settings})
        marks = [settings[end] - self.timeline.start for end in ("MarkIn", "MarkOut")]
        return self.timeline.SetMarkInOut(*marks)

    @strict
    def AddRenderJob(self) -> str:  # noqa: N802
        if not Path(self.deliver.settings["TargetDir"]).is_dir():
            return ""
        job = f"job-{len(self.jobs)}"
        self.jobs[job], self.queued[job] = {"JobStatus": "Ready"}, self.deliver
        return job

    @strict
    def DeleteRenderJob(self, job: str) -> bool:  # noqa: N802
        return self.jobs.pop(job, None) is not None

    @strict
    def StartRendering(self, jobs: list[Any], interactive: bool = False) -> bool:  # noqa: N802
        (job,) = jobs  # an empty list would begin all that is queued
        if self.rendering or job not in self.queued:
            return False
        self.rendering = job
        self.jobs[job] = {"JobStatus": "Rendering", "CompletionPercentage": 50}
        return True

    @strict
    def StopRendering(self) -> None:  # noqa: N802
        if self.rendering:
            self._end(self.rendering, {"JobStatus": "Cancelled", "CompletionPercentage": 50})

    @strict
    def IsRenderingInProgress(self) -> bool:  # noqa: N802
        job = self.rendering
        if job in self.queued and self.ends["JobStatus"] != "Rendering":
            self._end(job, self.ends)  # seen at the next look
        return job is not None

    @strict
    def GetRenderJobStatus(self, job: str) -> Any:  # noqa: N802
        return dict(self.jobs.get(job, {}))

    def _end(self, job: str, status: dict[str, Any]) -> None:
        """Pictures show the numbers of the timeline's frames; that of the out mark is one."""
        assert self.timeline is not None
        self.rendering, self.jobs[job], told = None, status, self.queued.pop(job)
        settings, start = told.settings, self.timeline.start
        path = Path(settings["TargetDir"], f"{settings['CustomName']}.{told.coder[0]}")
        first, last = settings["MarkIn"], settings["MarkOut"]
        if settings["SelectAllFrames"]:
            first, last = start, start + self.timeline.length - 1
        if status["JobStatus"] != "Complete" or told.sound_alone or not settings["ExportVideo"]:
            path.write_bytes(b"half a movie, or sound alone")
        elif told.mode == 1:
            frames = (numbered(frame - start) for frame in range(first, last + 1))
            write_movie(path, frames, Movie(rate=self.timeline.exact))


class FakeResolve(Surface):
    """Resolve and its project manager in one."""

    def __init__(self, version: tuple[int, ...] = (21, 0, 2)) -> None:
        self.version = version
        self.page = "edit"
        self.project: FakeProject | None = FakeProject(self)

    @strict
    def GetVersion(self) -> list[Any]:  # noqa: N802
        return [*self.version, 7, ""]

    @strict
    def GetCurrentPage(self) -> str:  # noqa: N802
        return self.page

    @strict
    def OpenPage(self, name: str) -> bool:  # noqa: N802
        if name in _PAGES:
            self.page = name
        return name in _PAGES

    @strict
    def GetProjectManager(self) -> Any:  # noqa: N802
        return self

    @strict
    def GetCurrentProject(self) -> Any:  # noqa: N802
        return self.project

    @strict
    def SaveProject(self) -> bool:  # noqa: N802
        assert self.project is not None
        assert self.project.timeline is not None
        assert self.project.name != "Untitled Project", "Resolve hangs"
        for track in self.project.timeline.tracks["audio"]:
            track.items = [item for item in track.items if not item.ghost]
        return True


def exact(rate: Any) -> Fraction:
    """The fraction behind a host's rate, by a way of its own."""
    number = Fraction(str(rate).removesuffix(" DF"))
    nominal = Fraction(math.ceil(number))
    return nominal if number == nominal else nominal * 1000 / 1001
