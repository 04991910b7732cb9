"""The picture under the marks as a movie that a second Blender renders: of what no file shows.

Images, scenes, metas, reversed and retimed strips. The second one works on a copy of the file, so
that nothing of the artist's changes and theirs goes on.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generator

import bpy  # pyright: ignore[reportMissingImports]

from host_bridge.blender.children import followed, last_line
from host_bridge.errors import CuelockError
from host_bridge.pictures import kept

_SCRIPT = Path(__file__).with_name("render_range.py")
_LINES = 360
_FRAME = re.compile(r"Append frame (\d+)")
Answer = Generator[str, None, "dict[str, Any]"]


def rendered(scene: Any, shown: dict[str, Any], stems: str) -> Answer:
    """The marked range with one movie under it, in a folder beside the stems.

    Yields how far it is. Raises CuelockError host.refused when Blender renders nothing.
    """
    first, last = (scene.frame_start + shown[end] for end in ("start", "stop"))
    with TemporaryDirectory(prefix="cuelock-") as folder:
        copy, movie, told, errors = (
            Path(folder, name) for name in ("copy.blend", "movie.mp4", "told", "errors")
        )
        bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True)
        words = [bpy.app.binary_path, "--background", "--factory-startup", str(copy)]
        words += ["--python-exit-code", "3", "--python", str(_SCRIPT), "--"]
        words += [scene.name, str(first), str(last - 1), str(_LINES), str(movie)]
        status = yield from followed(words, told, errors, lambda: _how_far(told, first, last))
        if status != 0 or not movie.is_file():
            raise CuelockError(
                "host.refused",
                f"Blender did not render the marked range: {last_line(errors) or last_line(told)}",
                hint="Render it to a movie by hand and put that in its place.",
            )
        path = kept(movie, Path(stems), scene.name)
    piece = {
        "start": shown["start"], "stop": shown["stop"], "path": str(path),
        "media_start": 0, "media_rate": shown["rate"].partition(" ")[0],
    }  # fmt: skip
    return {**shown, "pieces": [piece]}


def _how_far(told: Path, first: int, last: int) -> str:
    frames = _FRAME.findall(told.read_text(encoding="utf-8", errors="replace"))
    done = int(frames[-1]) + 1 - first if frames else 0
    return f"rendering the picture {done / (last - first):.0%}"
