"""Blender on the bench: the real one without windows, our add-on installed; it mixes down."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from bench import USERS_CLIP, USERS_TRACK
from real_stems import Case

from host_bridge.errors import CuelockError
from host_bridge.relay import scripts
from host_bridge.timeline import Host, MarkedRange, Marker, Placement, Track

BLENDER = "blender"
#: A Python that has another version of Blender as its module bpy; that one is tried instead.
MODULE = os.environ.get("CUELOCK_TEST_BPY")
_SERVED = Path(__file__).with_name("blender_served.py")
_MAKE = """
bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = given["fps"], given["base"]
scene.frame_start, scene.frame_end = given["first"], given["first"] + given["frames"] - 1
scene.cuelock_start = given["start"]
editor = scene.sequence_editor_create()
made = strips.strips_of(editor)
made.new_movie("film", given["clip"], 2, scene.frame_start)
talk = made.new_sound("talk", given["sound"], 1, scene.frame_start + given["users"][0])
talk.frame_final_duration = given["users"][1] - given["users"][0]
editor.channels[1].name = given["track"]
scene.use_preview_range = True
scene.frame_preview_start = scene.frame_start + given["marks"][0]
scene.frame_preview_end = scene.frame_start + given["marks"][1] - 1
scene.render.ffmpeg.audio_mixrate = 48000
bpy.ops.wm.save_as_mainfile(filepath=given["path"])
"""
_SAVE_AND_OPEN = """
bpy.ops.wm.save_mainfile()
bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
"""
_EXPORT = (
    _SAVE_AND_OPEN
    + """
bpy.ops.sound.mixdown(filepath=given, container="WAV", codec="PCM", format="S24")
"""
)
_USERS_OWN = (
    _SAVE_AND_OPEN
    + """
scene = bpy.context.scene
answer = [
    (one.name, one.type, one.channel, one.frame_final_start, one.frame_final_end, one.frame_start)
    for one in strips.strips_of(scene.sequence_editor)
    if strips.TAKE not in one
] + [scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end]
"""
)
_PRESS = """
import os
for name, value in given["environment"].items():
    os.environ.pop(name, None)
    os.environ.update({name: value} if value else {})
try:
    answer = list(getattr(bpy.ops.cuelock, given["button"])())
except RuntimeError as error:  # Blender raises what it reports
    answer = str(error)
"""
_EVENTS = (
    _SAVE_AND_OPEN
    + """
scene = bpy.context.scene
answer = sorted(
    one.frame - scene.frame_start for one in scene.timeline_markers if " cuelock:" in one.name
)
"""
)
_FIRST = 11  # the scene's first frame: positions must not depend on it


class BlenderHost:
    """The add-on's own functions, called in Blender."""

    name = "blender"

    def marked(self) -> MarkedRange:
        return msgspec.convert(in_blender("answer = timeline.marked(scene)"), MarkedRange)

    def tracks(self) -> tuple[Track, ...]:
        return msgspec.convert(in_blender("answer = timeline.tracks(scene)"), tuple[Track, ...])

    def place(self, plan: tuple[Placement, ...]) -> None:
        in_blender("timeline.place(scene, given)", msgspec.to_builtins(plan))

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        in_blender("timeline.put_markers(scene, given)", msgspec.to_builtins(markers))


class BlenderBench:
    """A .blend file; one Blender serves all of them."""

    def __init__(self, folder: Path, case: Case, clip: Path, sound: Path) -> None:
        self.path = folder / "scene.blend"
        given = {
            "fps": case.exact.nominal, "base": 1.001 if case.exact.denominator > 1 else 1.0,
            "first": _FIRST, "frames": 4 * case.exact.nominal, "start": case.label,
            "clip": str(clip), "sound": str(sound), "users": USERS_CLIP, "track": USERS_TRACK,
            "marks": case.marks, "path": str(self.path),
        }  # fmt: skip
        in_blender(_MAKE, given)
        self.host: Host = BlenderHost()

    def exported(self) -> np.ndarray:
        path = self.path.with_suffix(".wav")
        in_blender(_EXPORT, str(path))
        return soundfile.read(path, always_2d=True)[0][:, 0]

    @staticmethod
    def drift(case: Case) -> int:
        return 0

    @staticmethod
    def late(case: Case) -> int:
        """Blender keeps the base of a rate, 1.001, in 32 bits, and rounds what it gets up, at the
        scene's first frame and at the clip's."""
        return 2 if case.exact.denominator > 1 else 0

    def users_own(self) -> Any:
        return in_blender(_USERS_OWN)

    def lock(self) -> None:
        in_blender("scene.sequence_editor.channels[given].lock = True", USERS_TRACK)

    def unmark(self) -> None:
        in_blender("scene.use_preview_range = False")

    def sound(self, text: str) -> str:
        in_blender("scene.cuelock_text = given", text)
        done = pressed("sound")
        return "" if done == ["FINISHED"] else str(done)

    def events(self) -> list[int]:
        assert pressed("events") == ["FINISHED"]
        return in_blender(_EVENTS)


def pressed(button: str) -> list[str] | str:
    """What a button of the sidebar ends with, or the error that it tells of."""
    names = ("CUELOCK_HOME", "CUELOCK_ENGINE")
    environment = {name: os.environ.get(name) for name in names}
    return in_blender(_PRESS, {"button": button, "environment": environment})


@cache
def _blender() -> subprocess.Popen[str]:
    """A Blender that lives as long as we do: its input ends with this process."""
    home = Path(tempfile.mkdtemp(prefix="cuelock-blender-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    words = [BLENDER, "--background", "--factory-startup", "--python"]
    version = "3.4"
    if MODULE:
        words, version = [MODULE], "5.0"
    (home / ".config" / "blender" / version).mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        assert scripts.install("blender")
        return subprocess.Popen(
            [*words, str(_SERVED)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


def in_blender(do: str, given: object = None) -> Any:
    """Run Python in Blender; what it set as `answer`."""
    blender = _blender()
    assert blender.stdin
    assert blender.stdout
    blender.stdin.write(json.dumps({"do": do, "given": given}) + "\n")
    blender.stdin.flush()
    lines: list[str] = []
    for line in blender.stdout:
        if line.startswith("ANSWER "):
            said = json.loads(line.partition(" ")[2])
            break
        lines.append(line)
    else:
        raise AssertionError("Blender has ended:\n" + "".join(lines))
    if "refused" in said:
        refused = said["refused"]
        raise CuelockError(refused["code"], refused["message"], hint=refused["hint"])
    assert "failed" not in said, said
    return said["answer"]
