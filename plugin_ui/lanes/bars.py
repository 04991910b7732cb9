"""Upright bars, one a pixel: what waveforms and dense curves are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtGui import QColor, QImage, qPremultiply

_CLEAR = QImage.Format.Format_ARGB32_Premultiplied


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


def coloured(pixels: np.ndarray, colours: Sequence[QColor]) -> QImage:
    """Pixels uint8 [rows, columns] as an image: 0 is clear, n the colour n - 1.

    Qt draws an image with a table of colours ten times slower than one that has them in its pixels.
    """
    table = [0, *(qPremultiply(colour.rgba()) for colour in colours)]
    return image_of(np.array(table, np.uint32)[pixels], _CLEAR)


def image_of(words: np.ndarray, form: QImage.Format) -> QImage:
    """Words uint32 [rows, columns] as an image of a format of 32 bits."""
    rows, columns = words.shape
    return QImage(words.tobytes(), columns, rows, 4 * columns, form)
