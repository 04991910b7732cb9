"""The picture of curves: mel, energy, spread and codes over one time axis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.melqcd.curves import Curves
from engine.melqcd.decompose import dequantise_semantic

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

_DB = 20 / np.log(10)


class Panel(NamedTuple):
    """One layer's row of pictures. mel [bands, T] of the delivered sound, or None."""

    title: str
    curves: Curves
    mel: np.ndarray | None


def plot_curves(panels: list[Panel], path: Path, label: Callable[[int], str]) -> None:
    """Draw panels below each other into a PNG; whole or not at all. See drawn."""
    part = path.with_name(path.name + ".part")
    canvas = drawn(panels, label)
    # A mel is noise to a packer: trying hard takes twice as long and saves a twentieth.
    canvas.print_figure(part, format="png", dpi=100, pil_kwargs={"compress_level": 1})
    part.replace(path)


def drawn(panels: list[Panel], label: Callable[[int], str]) -> FigureCanvasAgg:
    """Panels below each other on a canvas.

    label: mel frame -> timecode for the axis. Energy is the mean log level of the windows, in dB.
    """
    import torch
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = sum(3 if panel.mel is not None else 2 for panel in panels)
    high = 1.9 * rows + 0.6
    figure = Figure(figsize=(12, high))
    figure.subplots_adjust(0.08, 0.4 / high, 0.96, 1 - 0.4 / high, hspace=0.25)
    canvas = FigureCanvasAgg(figure)
    axes = iter(np.atleast_1d(figure.subplots(rows, 1, sharex=True)))
    for panel in panels:
        energy_db, spread_db = panel.curves.energy * _DB, panel.curves.spread * _DB
        T, floor = len(panel.curves), panel.curves.spec.log_floor
        if panel.mel is not None:
            ax = next(axes)
            place = (-0.5, T - 0.5, -0.5, len(panel.mel) - 0.5)  # fewer columns than T, same time
            ax.imshow(
                panel.mel, extent=place, origin="lower", aspect="auto",
                vmin=floor, vmax=2.0, cmap="magma",
            )  # fmt: skip
            ax.set_ylabel("mel band")
            ax.set_title(panel.title, loc="left")
        ax = next(axes)
        ax.plot(energy_db, color="#0072b2", label="energy E")
        ax.fill_between(
            np.arange(T),
            energy_db - spread_db,
            energy_db + spread_db,
            color="#56b4e9",
            alpha=0.4,
            linewidth=0,
            label="spread E ± D",
        )
        ax.set_ylabel("mean log\nlevel, dB")
        ax.legend(loc="upper right", fontsize=7)
        if panel.mel is None:
            ax.set_title(panel.title, loc="left")
        ax = next(axes)
        Q = dequantise_semantic(torch.from_numpy(panel.curves.codes)).numpy()
        ax.imshow(
            Q, origin="lower", aspect="auto", vmin=-1, vmax=1, cmap="PuOr", interpolation="nearest"
        )
        ax.set_ylabel("codes Q\n8 windows")
    ticks = np.linspace(0, max(len(panel.curves) for panel in panels), 9).astype(int)
    figure.axes[-1].set_xticks(ticks, [label(int(tick)) for tick in ticks])
    return canvas
