"""The `cuelock` command run from inside Blender, a step at a time: Blender never waits for it.

Each is a generator that yields how far it is, for people, and returns what came of it. Closing one
ends the command, which cancels its job.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generator, Sequence

import bpy  # pyright: ignore[reportMissingImports]

from host_bridge.blender.children import followed, last_line
from host_bridge.blender.rendered import rendered
from host_bridge.blender.timeline import (
    active_take,
    marked,
    marks,
    place,
    put_markers,
    stems_folder,
    tracks,
)
from host_bridge.errors import CuelockError

Steps = Generator[str, None, str]
Answer = Generator[str, None, "dict[str, Any]"]


def sounds(command: Sequence[str], scene: Any, want: dict[str, Any]) -> Steps:
    """What is wanted made for the marks and placed; the last sentence. Raises CuelockError.

    The artist may go on editing meanwhile: then it is planned anew, with the take that was made.
    """
    shown = yield from _seen(scene, needed=want["do"] == "render")
    before = tracks(scene)
    errand = {"marked": shown, "tracks": before, "want": want, "to": stems_folder(scene, shown)}
    planned = yield from _asked(command, "errand", errand)
    while (now := tracks(scene)) != before:
        known = {"do": "place", "take": planned["reply"]["take"]}
        planned = yield from _asked(command, "errand", {**errand, "tracks": now, "want": known})
        before = now
    if any(one["state"] == "place" for one in planned["placements"]):
        place(scene, planned["placements"])
    back = {"placements": planned["placements"], "tracks": tracks(scene)}
    confirmed = yield from _asked(command, "confirm", back)
    return _sentence(confirmed["placements"])


def known(command: Sequence[str], scene: Any) -> Steps:
    """The take that is named, or that of the active strip, placed; the last sentence."""
    take = scene.cuelock_take.strip() or active_take(scene)
    if not take:
        raise CuelockError(
            "take.unknown",
            "No take is named.",
            hint="Write the name of one, or click on a strip that shows a stem of it.",
        )
    return (yield from sounds(command, scene, {"do": "place", "take": take}))


def events(command: Sequence[str], scene: Any) -> Steps:
    """The events of the picture under the marks as markers; the last sentence."""
    shown = yield from _seen(scene)
    found = yield from _asked(command, "markers", shown)
    put_markers(scene, found["markers"])
    return f"{len(found['markers'])} events are marked."


def _seen(scene: Any, needed: bool = True) -> Answer:
    """The marked range with the picture under it, rendered first where no file shows it.

    needed: whether the picture is looked at; what was made already needs none.
    """
    try:
        return marked(scene)
    except CuelockError as error:
        shown = marks(scene)
        if not needed and error.code in ("host.retimed", "media.missing"):
            return shown
        if error.code != "host.retimed" or not bpy.app.binary_path:
            raise
    return (yield from rendered(scene, shown, stems_folder(scene, shown)))


def _asked(command: Sequence[str], verb: str, message: dict[str, Any]) -> Answer:
    """What `cuelock hosts VERB` answers. Raises CuelockError as the command tells it."""
    with TemporaryDirectory(prefix="cuelock-") as folder:
        question, answer, told = (Path(folder, name) for name in ("question", "answer", "told"))
        question.write_text(json.dumps(message), encoding="utf-8")
        words = [*command, "hosts", verb, str(question), "--json"]
        yield from followed(words, answer, told, lambda: _how_far(told))
        return _read(answer, told)


def _read(answer: Path, told: Path) -> dict[str, Any]:
    try:
        reply = json.loads(answer.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CuelockError(
            "internal.bug",
            f"cuelock ended without an answer: {last_line(told)}",
            hint="Run `cuelock doctor` in a terminal.",
        ) from error
    if "error" in reply:
        raise CuelockError(
            reply["error"]["code"], reply["error"]["message"], hint=reply["error"]["hint"]
        )
    return reply


def _how_far(told: Path) -> str:
    """How far it is: "STAGE SHARE" as the command writes it, for people."""
    line = last_line(told)
    stage, _, share = line.rpartition(" ")
    try:
        return f"{stage} {float(share):.0%}"
    except ValueError:
        return line or "…"


def _sentence(placements: list[dict[str, Any]]) -> str:
    refused = [one for one in placements if one["state"] == "refused"]
    if refused:
        return refused[0]["reason"]
    names = sorted({one["track_name"] for one in placements})
    stems = "1 stem stands" if len(placements) == 1 else f"{len(placements)} stems stand"
    return f"{stems} on {', '.join(names)}."
