"""The lanes' colours, dark or light as the palette is. Hues after Okabe and Ito: told apart by
people who see fewer colours; no state is shown by colour alone."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from PyQt6.QtGui import QColor, QPalette

#: Spectrogram, from silence to full scale; in light surroundings loud is dark.
_GLOW = (0x0C0D11, 0x2E1452, 0x87216B, 0xDE5331, 0xFCB032, 0xFFFAD2)
_INK = (0xFAFAFA, 0xD6E2F0, 0x92BAD6, 0x5080B0, 0x2A4278, 0x0E1028)


class Colours(NamedTuple):
    """What lanes are painted with. Values beyond QColor: spectrogram, 256 ARGB words."""

    dark: bool
    ground: QColor
    grid: QColor
    text: QColor
    faint: QColor
    wave: QColor
    predicted: QColor
    wanted: QColor
    delivered: QColor
    region: QColor
    region_edge: QColor
    playhead: QColor
    mark: QColor
    event: QColor
    lock: QColor
    spectrogram: np.ndarray


def colours_of(palette: QPalette) -> Colours:
    """The colours for a palette."""
    return _colours(palette.color(QPalette.ColorRole.Window).lightness() < 128)


@cache
def _colours(dark: bool) -> Colours:
    if dark:
        return Colours(
            dark=True,
            ground=QColor(24, 25, 29),
            grid=QColor(58, 60, 67),
            text=QColor(226, 228, 232),
            faint=QColor(150, 153, 161),
            wave=QColor(126, 190, 232),
            predicted=QColor(150, 153, 161),
            wanted=QColor(240, 170, 60),
            delivered=QColor(86, 200, 240),
            region=QColor(120, 160, 220, 46),
            region_edge=QColor(150, 190, 250),
            playhead=QColor(255, 255, 255),
            mark=QColor(240, 228, 66),
            event=QColor(0, 190, 145),
            lock=QColor(226, 228, 232),
            spectrogram=_ramp(_GLOW),
        )
    return Colours(
        dark=False,
        ground=QColor(250, 250, 250),
        grid=QColor(216, 218, 222),
        text=QColor(24, 26, 30),
        faint=QColor(102, 106, 114),
        wave=QColor(0, 92, 150),
        predicted=QColor(112, 116, 124),
        wanted=QColor(190, 88, 0),
        delivered=QColor(0, 114, 178),
        region=QColor(40, 110, 210, 36),
        region_edge=QColor(20, 90, 190),
        playhead=QColor(0, 0, 0),
        mark=QColor(140, 100, 0),
        event=QColor(0, 120, 90),
        lock=QColor(24, 26, 30),
        spectrogram=_ramp(_INK),
    )


def _ramp(stops: tuple[int, ...]) -> np.ndarray:
    at, known = np.linspace(0, len(stops) - 1, 256), np.arange(len(stops))
    channels = (np.array(stops) >> shift & 0xFF for shift in (16, 8, 0))
    red, green, blue = (np.interp(at, known, channel).astype(np.uint32) for channel in channels)
    return np.uint32(0xFF000000) | red << 16 | green << 8 | blue
