"""A scene's sequencer as the timeline that docs/hosts/scripts.md describes, and stems put there.

The timeline's first frame is the scene's; its label is what the add-on keeps with the scene.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy  # pyright: ignore[reportMissingImports]

from host_bridge.blender.picture import pieces_under
from host_bridge.blender.strips import (
    MOST_CHANNELS,
    SAMPLES,
    TAKE,
    channel_count,
    frame,
    strips_of,
)
from host_bridge.errors import CuelockError
from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    frame_of_label,
    frame_of_sample,
    sample_of_frame,
)

SAMPLE_RATE = 48_000


def marked(scene: Any) -> dict[str, Any]:
    """Marks, and the picture under them. Raises CuelockError host.*, request.*, media.missing."""
    shown = marks(scene)
    frames = FrameRange(FrameIndex(shown["start"]), FrameIndex(shown["stop"]))
    pieces = pieces_under(
        scene.sequence_editor_create(), scene.frame_start, frames, _rate(scene), _absolute
    )
    return {**shown, "pieces": pieces}


def marks(scene: Any) -> dict[str, Any]:
    """The preview range; in Blender its end is inclusive. Raises CuelockError host.*, request.*."""
    start = scene.frame_preview_start - scene.frame_start
    stop = scene.frame_preview_end + 1 - scene.frame_start
    if not scene.use_preview_range or start < 0:
        raise CuelockError(
            "host.marks",
            "No range of the scene is marked.",
            hint="Press P over the sequencer and drag over what should sound.",
        )
    rate = _rate(scene)
    return {
        "host": "blender",
        "timeline": scene.name,
        "rate": str(rate),
        "first": frame_of_label(scene.cuelock_start, rate),
        "start": start,
        "stop": stop,
        "pieces": [],
    }


def tracks(scene: Any) -> list[dict[str, Any]]:
    """Every channel that is in use: strips of any kind take room there."""
    editor, rate = scene.sequence_editor_create(), _rate(scene)
    return [
        {
            "name": editor.channels[number].name,
            "channels": None,
            "locked": editor.channels[number].lock,
            "clips": [
                _clip(scene, strip, rate)
                for strip in sorted(strips_of(editor), key=lambda one: frame(one, "left_handle"))
                if strip.channel == number
            ],
        }
        for number in range(1, channel_count(editor) + 1)
    ]


def active_take(scene: Any) -> str:
    """The take that the active strip shows a stem of; "" for none."""
    strip = scene.sequence_editor_create().active_strip
    return "" if strip is None else strip.get(TAKE, "")


def place(scene: Any, placements: list[dict[str, Any]]) -> None:
    """Put the stems of state "place" on their channels, as one step of undo.

    Raises CuelockError host.refused, and then nothing has moved.
    """
    editor, rate = scene.sequence_editor_create(), _rate(scene)
    wanted = [one for one in placements if one["state"] == "place"]
    frames = [_frame_of(one["stem"], rate) for one in wanted]
    if any(one["track"] >= MOST_CHANNELS for one in wanted):
        raise CuelockError(
            "host.refused",
            f"Blender has no more than {MOST_CHANNELS} channels.",
            hint="Free one that cuelock may use.",
        )
    made: list[Any] = []
    count = channel_count(editor)
    for one, at in zip(wanted, frames):
        stem = one["stem"]
        strip = strips_of(editor).new_sound(
            stem["layer"], _kept(stem["path"]), one["track"] + 1, scene.frame_start + at
        )
        strip[TAKE], strip[SAMPLES] = stem["take"], stem["samples"]
        made.append(strip)
        if strip.sound.samplerate == 0:  # Blender takes a file that it cannot read
            for mine in made:
                strips_of(editor).remove(mine)
            raise CuelockError(
                "host.refused",
                f"Blender cannot read {stem['path']}.",
                hint="Have it delivered again with `cuelock takes get`.",
            )
    for one in wanted:
        if one["track"] >= count:
            editor.channels[one["track"] + 1].name = one["track_name"]
    bpy.ops.ed.undo_push(message=f"cuelock: place {len(wanted)} stems")


def put_markers(scene: Any, markers: list[dict[str, Any]]) -> None:
    """A marker bears its key in its name: Blender keeps nothing else with one."""
    known = {marker.name.rpartition(" ")[2] for marker in scene.timeline_markers}
    for marker in markers:
        if marker["key"] not in known:
            name = f"{marker['name']} {marker['key']}"
            scene.timeline_markers.new(name, frame=scene.frame_start + marker["frame"])
    bpy.ops.ed.undo_push(message="cuelock: markers")


def stems_folder(scene: Any, shown: dict[str, Any]) -> str:
    """Beside the picture, else beside the file. Raises CuelockError host.timeline for neither."""
    beside = [piece["path"] for piece in shown["pieces"]] or [bpy.data.filepath]
    if not beside[0]:
        raise CuelockError(
            "host.timeline", "The file has never been saved.", hint="Save it: stems go beside it."
        )
    return str(Path(beside[0]).parent / "cuelock")


def _rate(scene: Any) -> Rate:
    """The scene's rate; the base is a 32-bit float, so the rate that is meant is looked for."""
    number = f"{scene.render.fps / scene.render.fps_base:.6f}"
    return Rate.parse(f"{number} DF" if ";" in scene.cuelock_start else number)


def _clip(scene: Any, strip: Any, rate: Rate) -> dict[str, Any]:
    start, stop = (
        sample_of_frame(frame(strip, end) - scene.frame_start, rate, SAMPLE_RATE)
        for end in ("left_handle", "right_handle")
    )
    path = strip.sound.filepath if strip.type == "SOUND" else getattr(strip, "filepath", "")
    return {
        "start": start,
        "stop": stop,
        "name": strip.name,
        "path": _absolute(path) if path else "",
        "take": strip.get(TAKE),
    }


def _frame_of(stem: dict[str, Any], rate: Rate) -> int:
    found = frame_of_sample(stem["start"], rate, SAMPLE_RATE)
    if sample_of_frame(found, rate, SAMPLE_RATE) != stem["start"]:
        raise CuelockError(
            "host.refused",
            f"The stem {stem['layer']} does not begin on a frame of this scene.",
            hint="Render it anew for this scene's frame rate.",
        )
    return found


def _kept(path: str) -> str:
    """A path relative to the saved file, so that both may move; one on another drive stays."""
    try:
        return bpy.path.relpath(path) if bpy.data.filepath else path
    except ValueError:
        return path


def _absolute(path: str) -> str:
    """A path of a strip; "//" is the file's own folder."""
    return str(Path(bpy.path.abspath(path)).resolve())
