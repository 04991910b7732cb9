"""Upright bars, one a pixel: what waveforms and dense curves are made of."""

from __future__ import annotations

import numpy as np
from PyQt6.QtGui import QImage


def bars(tall: int, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Bars from row top to row bottom (inclusive) of each column: bool [tall, columns].

    >>> bars(4, np.array([0, 2]), np.array([1, 9])).astype(int).tolist()
    [[1, 0], [1, 0], [0, 1], [0, 1]]
    """
    shape = np.zeros((tall, len(top)), bool)
    first, last = max(0, int(top.min())), min(tall, int(bottom.max()) + 1)
    rows = np.arange(first, max(first, last), dtype=np.int16)[:, None]
    # One comparison for both ends: what lies above the top is huge without its sign.
    below = (rows - top.astype(np.int16)).view(np.uint16)
    np.less_equal(below, (bottom - top).astype(np.uint16), out=shape[first : max(first, last)])
    return shape


def indexed(pixels: np.ndarray, colours: list[int]) -> QImage:
    """Pixels uint8 [rows, columns], contiguous, as an image of those ARGB colours."""
    rows, columns = pixels.shape
    image = QImage(pixels.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(colours)
    return image
