"""The HTML report: a folder that needs nothing else, with figures, pictures and players."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

import numpy as np
import soundfile
import torch

from engine.evaluate.pairs import ANOTHER
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import MelSpec
from host_bridge.protocol import EvaluateReply, EvaluateRow

_SHOWN = 12  # recordings that one can look at and listen to
_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title><style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .2rem .7rem; text-align: left;
border-bottom: 1px solid #ddd } td.figure { text-align: right; font-variant-numeric: tabular-nums }
.kept { color: #007a33 } .broken { color: #b00020 } .absent { color: #777 }
.pair { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: .4rem 0 1.4rem }
img, audio { width: 100% } figure { margin: 0 }
</style></head><body><h1>$title</h1><p>$told</p>
<img src="overview.png" alt="Promised figures with their 95 % intervals">
$tables$album</body></html>
""")


class Album:
    """Keeps the sounds of a few recordings, spread over all, for the report."""

    def __init__(self, recordings: int, spec: MelSpec) -> None:
        step = max(1, recordings // _SHOWN)
        self._numbers = set(list(range(0, recordings, step))[:_SHOWN])
        self.spec = spec
        self.sounds: dict[int, dict[str, np.ndarray]] = {}
        self.captions: dict[int, str] = {}

    def keep(self, number: int, caption: str, of: str, sound: np.ndarray) -> None:
        """Told of every sound."""
        if number in self._numbers and of != ANOTHER:
            self.captions[number] = caption
            self.sounds.setdefault(number, {})[of] = sound


def write_report(reply: EvaluateReply, album: Album, folder: Path) -> None:
    """Write index.html and what it shows into a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    _overview(reply.rows, folder / "overview.png")
    page = _PAGE.substitute(
        title=escape(f"cuelock {reply.bundle}, measured on {reply.manifest}"),
        told=escape(
            f"Split {reply.split}, curves from {reply.source}, seed {reply.seed}. Intervals: "
            "95 %, bootstrap over groups of recordings."
        ),
        tables="".join(
            _table(measure, list(rows))
            for measure, rows in groupby(reply.rows, lambda row: row.measure)
        ),
        album=_album(album, folder),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def _table(measure: str, rows: Sequence[EvaluateRow]) -> str:
    head = "<tr><th>figure</th><th>of</th><th>value</th><th>95 %</th><th>n</th><th>bound</th></tr>"
    return f"<h2>{escape(measure)}</h2><table>{head}{''.join(map(_row, rows))}</table>"


def _row(row: EvaluateRow) -> str:
    if row.value is None:
        return (
            f'<tr class="absent"><td>{escape(row.name)}</td><td>{escape(row.of)}</td>'
            f'<td colspan="4">needs {escape(row.needs)}</td></tr>'
        )
    kept = {True: ' class="kept"', False: ' class="broken"', None: ""}[row.holds]
    return (
        f"<tr{kept}><td>{escape(row.name)}</td><td>{escape(row.of)}</td>"
        f'<td class="figure">{row.value:.3g} {escape(row.unit)}</td>'
        f'<td class="figure">{row.low:.3g} to {row.high:.3g}</td>'
        f'<td class="figure">{row.count}</td><td>{bound_of(row)}</td></tr>'
    )


def bound_of(row: EvaluateRow) -> str:
    """What is promised, in words."""
    return "" if row.bound is None else f"{'least' if row.least else 'most'} {row.bound:.3g}"


def _album(album: Album, folder: Path) -> str:
    """Every kept recording: mels beside each other, a player under each."""
    told: list[str] = []
    for number, sounds in sorted(album.sounds.items()):
        cells: list[str] = []
        for place, (of, sound) in enumerate(sounds.items()):
            name = f"{number:04d}-{place}"
            soundfile.write(folder / f"{name}.flac", sound, album.spec.sample_rate)
            _mel_picture(sound, album.spec, folder / f"{name}.png")
            cells.append(
                f'<figure><figcaption>{escape(of)}</figcaption><img src="{name}.png" '
                f'alt="Mel of {escape(of)}"><audio controls preload="none" src="{name}.flac">'
                "</audio></figure>"
            )
        caption = escape(album.captions[number])
        told.append(f'<h3>{caption}</h3><div class="pair">{"".join(cells)}</div>')
    return f"<h2>Listen</h2>{''.join(told)}" if told else ""


def _mel_picture(sound: np.ndarray, spec: MelSpec, path: Path) -> None:
    from matplotlib.image import imsave

    mel = log_mel(torch.from_numpy(np.ascontiguousarray(sound)), spec).numpy()
    imsave(path, mel, origin="lower", vmin=spec.log_floor, vmax=2.0, cmap="magma")


def _overview(rows: Sequence[EvaluateRow], path: Path) -> None:
    """Each promised figure: the generated sound and its baselines, the bound as a line."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    promised = [row for row in rows if row.bound is not None and row.value is not None]
    figure = Figure(figsize=(11, 1 + 1.5 * max(1, len(promised))), layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(figure.subplots(max(1, len(promised)), 1))
    for ax, row in zip(panels, promised, strict=False):
        same = [
            other
            for other in rows
            if (other.measure, other.name) == (row.measure, row.name) and other.value is not None
        ]
        for place, other in enumerate(reversed(same)):
            ours = other is row
            ax.plot([other.low, other.high], [place, place], color="#0072b2" if ours else "#999")
            ax.plot(other.value, place, "o", color="#0072b2" if ours else "#999")
        ax.set_yticks(range(len(same)), [other.of for other in reversed(same)], fontsize=8)
        ax.axvline(row.bound, color="#d55e00", linestyle=":")
        ax.set_title(f"{row.measure}: {row.name} ({bound_of(row)})", loc="left", fontsize=9)
        ax.margins(y=0.3)
    figure.savefig(path, dpi=90)
