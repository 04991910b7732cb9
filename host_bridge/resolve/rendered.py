"""The picture under the marks as a movie that Resolve renders: of what no file shows.

Compound and nested clips, retimed ones, titles and generators. Resolve renders what its Deliver
page holds, so that page is borrowed and given back: settings can be saved as a preset and loaded,
never read.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generator, Optional

from host_bridge.client import Progress
from host_bridge.errors import CuelockError
from host_bridge.pictures import kept
from host_bridge.resolve.api import Project, RenderSettings, Resolve, Timeline
from host_bridge.timecode import FrameRange

_STAGE = "rendering the picture"
_KEPT = "cuelock - your render settings"
#: Settings add to what the page holds, and some of that hides (after "Audio Only" no picture is
#: rendered, whatever is said): this preset, which every Resolve brings, begins anew.
_PLAIN = "H.264 Master"
#: In this order; the free edition on Linux has no H.264.
_CODERS = (("mp4", "H264"), ("mov", "DNxHRLB"))
_SINGLE_CLIP = 1
_LOOK_SECONDS = 0.2


def rendered(
    resolve: Resolve,
    project: Project,
    timeline: Timeline,
    wanted: FrameRange,
    stems: Path,
    progress: Progress,
) -> Path:
    """Frames of the timeline, counted from its start, as a movie in a folder among the stems.

    Raises CuelockError host.refused when Resolve does not render them, cancelled.user when that is
    stopped in Resolve, disk.readonly; then no file is left.
    """
    if project.IsRenderingInProgress():
        raise _refused("it renders something else", "Wait until that is done, then start again.")
    first = timeline.GetStartFrame()
    with TemporaryDirectory(prefix="cuelock-") as folder:
        settings = RenderSettings(
            SelectAllFrames=False,
            MarkIn=first + wanted.start,
            MarkOut=first + wanted.stop - 1,
            TargetDir=folder,
            CustomName="picture",
            ExportVideo=True,
            ExportAudio=False,
        )
        with _borrowed(resolve, project, timeline):
            _set(project, settings)
            _run(project, progress)
        movies = [path for path in Path(folder).iterdir() if path.stat().st_size]
        if len(movies) != 1:
            raise _refused("it left no movie behind")
        return kept(movies[0], stems, timeline.GetName())


@contextmanager
def _borrowed(
    resolve: Resolve, project: Project, timeline: Timeline
) -> Generator[None, None, None]:
    """The Deliver page, and afterwards settings, marks and page as they were."""
    page, marks = resolve.GetCurrentPage(), timeline.GetMarkInOut()
    mode = project.GetCurrentRenderMode()
    # Of its own name: that of a run that was killed holds what the artist may want back.
    own = f"{_KEPT} {secrets.token_hex(3)}"
    resolve.OpenPage("deliver")
    try:
        if not project.SaveAsNewRenderPreset(own):
            raise _refused("it cannot keep your render settings")
        try:
            yield
        finally:
            project.LoadRenderPreset(own)
            project.DeleteRenderPreset(own)
            project.SetCurrentRenderMode(mode)
    finally:
        _set_marks(timeline, marks)
        if page:
            resolve.OpenPage(page)


def _set_marks(timeline: Timeline, marks: Any) -> None:
    """What is rendered takes the timeline's marks for its own."""
    timeline.ClearMarkInOut("all")
    for kind, mark in marks.items():
        if "in" in mark and "out" in mark:
            timeline.SetMarkInOut(mark["in"], mark["out"], kind)


def _set(project: Project, settings: RenderSettings) -> None:
    project.LoadRenderPreset(_PLAIN)
    if not any(project.SetCurrentRenderFormatAndCodec(*coder) for coder in _CODERS):
        raise _refused("it offers neither H.264 nor DNxHR")
    project.SetCurrentRenderMode(_SINGLE_CLIP)
    if not project.SetRenderSettings(settings):
        raise _refused("it does not take the settings")


def _run(project: Project, progress: Progress) -> None:
    """One job, begun and waited for; the queue is then as it was."""
    job = project.AddRenderJob()
    if not job:
        raise _refused("it does not take the job")
    try:
        if not project.StartRendering([job], False):
            raise _refused("it does not start")
        _wait(project, job, progress)
        _look_at(_status(project, job))
    finally:
        project.DeleteRenderJob(job)


def _wait(project: Project, job: str, progress: Progress) -> None:
    try:
        while project.IsRenderingInProgress():
            progress(_STAGE, float(_status(project, job).get("CompletionPercentage") or 0) / 100)
            time.sleep(_LOOK_SECONDS)
    except BaseException:  # given up
        project.StopRendering()
        raise


def _status(project: Project, job: str) -> dict[str, Any]:
    status = project.GetRenderJobStatus(job)
    return status if isinstance(status, dict) else {}


def _look_at(status: dict[str, Any]) -> None:
    state = status.get("JobStatus")
    if state == "Cancelled":
        raise CuelockError(
            "cancelled.user",
            "Rendering was stopped in Resolve.",
            hint="Nothing was made. Start again when you like.",
        )
    if state != "Complete":
        raise _refused(str(status.get("Error") or f"the job is {state or 'gone'}"))


def _refused(why: str, hint: Optional[str] = None) -> CuelockError:
    return CuelockError(
        "host.refused",
        f"No file shows the picture under the marks, and Resolve did not render it: {why}.",
        hint=hint or "Render the range on the Deliver page, and put that movie in its place.",
    )
