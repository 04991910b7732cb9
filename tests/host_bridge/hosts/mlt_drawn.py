"""`make pictures`: a Kdenlive project behind `cuelock hosts mlt`, as MLT plays it, into docs/hosts.

No editor's window: tracks and clips are those of the project, pictures and sound what MLT's library
gives frame by frame.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from matplotlib.figure import Figure
from mlt_bench import Kdenlive24Bench, filmed, played
from real_stems import Case

from host_bridge import client
from host_bridge.protocol import Nothing, Shutdown
from host_bridge.timecode import FrameIndex, label_of_frame
from media import EXAMPLE

_TO = Path(__file__).parents[3] / "docs" / "hosts" / "mlt.png"
_DARK, _LIGHT, _QUIET, _OURS, _THEIRS, _MARKS = (
    "#1e2126", "#e6e6e6", "#3a3f47", "#d98a4b", "#6d8fb3", "#4f9d69",
)  # fmt: skip
_SHOWN = 5  # pictures of the film


class Scene(Case):
    """The shipped clip, most of it marked."""

    @property
    def marks(self) -> tuple[int, int]:
        return 24, 92


def main() -> None:
    case = Scene("25", "00:00:00:00")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CUELOCK_HOME"] = str(folder / "home")
        clip = folder / "scene.mp4"
        clip.write_bytes(EXAMPLE.read_bytes())
        bench = Kdenlive24Bench(folder, case, clip, _talk(folder))
        try:
            assert bench.sound("wood is hit") == ""
        finally:
            with client.connect(start=False) as engine:
                engine.ask("shutdown", Shutdown(), Nothing)
        _drawn(bench, case).savefig(_TO, dpi=100, facecolor=_DARK)


def _talk(folder: Path) -> Path:
    """A word on the user's own track: half a second of a voice's pitch, swelling and fading."""
    path = folder / "talk.wav"
    at = np.arange(38_400) / 48_000
    voice = sum(np.sin(2 * np.pi * 140 * n * at) / n for n in range(1, 9))
    soundfile.write(path, 0.02 * voice * np.hanning(len(at)), 48_000)
    return path


def _drawn(bench: Kdenlive24Bench, case: Case) -> Figure:
    frames = 4 * case.exact.nominal
    figure = Figure(figsize=(9.6, 3.6), facecolor=_DARK)
    tracks = bench.host.tracks()
    heights = [0.5, 1.4, *(0.7 for _ in tracks), 1.6]
    rows: list[Any] = list(
        figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights})
    )
    for row in rows:
        row.set_facecolor(_DARK)
        row.set_xlim(0, frames)
        row.tick_params(colors=_LIGHT, length=0, labelsize=8, labelbottom=False)
        row.set_yticks([])
        for side in row.spines.values():
            side.set_color(_QUIET)
    ruler, film, *lanes, heard = rows
    _ruler(ruler, case, frames)
    _film(film, bench.path, frames)
    for lane, track in zip(lanes, tracks, strict=True):
        _named(lane, track.name)
        for one in track.clips:
            colour = _OURS if one.take else _THEIRS
            start, stop = (sample * case.exact.exact / 48_000 for sample in (one.start, one.stop))
            lane.barh(0.5, float(stop - start), 0.9, float(start), color=colour)
            lane.text(float(start) + 0.6, 0.5, Path(one.path).name, va="center", fontsize=7)
        lane.set_ylim(0, 1)
    _named(heard, "what MLT plays")
    _wave(heard, played(bench.path)[:, 0], float(case.exact.exact))
    figure.subplots_adjust(left=0.12, right=0.985, top=0.98, bottom=0.03, hspace=0.08)
    return figure


def _named(row: Any, name: str) -> None:
    row.set_ylabel(name, rotation=0, ha="right", va="center", color=_LIGHT, fontsize=9)


def _ruler(row: Any, case: Case, frames: int) -> None:
    """The zone, and a label each second."""
    row.set_ylim(0, 1)
    _named(row, "zone")
    row.axvspan(*case.marks, 0, 0.35, color=_MARKS)
    for frame in range(0, frames, case.exact.nominal):
        label = label_of_frame(FrameIndex(case.first + frame), case.exact)
        row.text(frame + 0.4, 0.68, label, color=_LIGHT, fontsize=8, va="center")


def _film(row: Any, project: Path, frames: int) -> None:
    """Pictures from the middle of each part, as MLT gives them."""
    _named(row, "V1")
    part = frames / _SHOWN
    pictures = filmed(project)
    for n in range(_SHOWN):
        place = (n * part, (n + 1) * part, 0, 1)
        row.imshow(pictures[round((n + 0.5) * part)], extent=place, aspect="auto")
    row.set_xlim(0, frames)
    row.set_ylim(0, 1)


def _wave(row: Any, sound: np.ndarray, rate: float) -> None:
    step = 96
    peaks = np.abs(sound[: len(sound) // step * step].reshape(-1, step)).max(axis=1)
    at = np.arange(len(peaks)) * step / 48_000 * rate
    row.fill_between(at, -peaks, peaks, color=_LIGHT, linewidth=0)
    top = 1.1 * float(peaks.max())
    row.set_ylim(-top, top)


if __name__ == "__main__":
    main()
