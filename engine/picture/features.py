"""Motion of a range: where and how things move, on a grid, picture by picture.

Dense optical flow (DIS, Kroeger et al. 2016) between neighbouring pictures, less the camera's own
movement, pooled to a grid. At a cut there is no motion, only a flag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import torch

from engine.picture.ahead import ahead
from engine.picture.appearance import RATE as APPEARANCE_RATE
from engine.picture.appearance import SIDE, Backbone
from engine.picture.clip import Clip
from engine.picture.cuts import CutFinder
from engine.picture.decode import Picture, pictures

GRID = (6, 10)  # rows, columns
CHANNELS = 7  # right, down, speed, top speed, expansion, light change, light change's edge
_AHEAD = 16  # pictures decoded while others are measured
_STILL = 1.5 / 255  # mean change of light below which a place stands still
_SIZE = (160, 96)  # pictures are squeezed to this for the flow: width, height


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureFeatures:
    """What was measured on the frames [start, start + N) of a clip at `rate`.

    motion float32 [N, CHANNELS, *GRID]: frame i against the frame before it, in picture widths a
    second (light: full scale a second), compressed by sign(x) log(1 + |x|); zeros for the first
    frame and at cuts. appearance float32 [M, 1280]: backbone features, about one a second.
    cuts: frames of the clip at which new shots begin.
    """

    rate: Fraction
    start: int
    motion: np.ndarray
    appearance: np.ndarray
    cuts: tuple[int, ...]


class MotionMeter:
    """Takes pictures one by one; gives each one's motion against the one before."""

    def __init__(self, rate: Fraction) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._rate = float(rate)
        self._last: np.ndarray | None = None

    def add(self, rgb: np.ndarray) -> np.ndarray:
        """rgb uint8 [h, w, 3] -> float32 [CHANNELS, *GRID]."""
        gray = cv2.cvtColor(
            cv2.resize(rgb, _SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        last, self._last = self._last, gray
        if last is None:
            return np.zeros((CHANNELS, *GRID), np.float32)
        flow = self._flow.calc(last, gray, np.zeros((*gray.shape, 2), np.float32))
        light = (gray.astype(np.float32) - last) / 255
        # The flow is carried on to the right and below of what moves; where no light changes,
        # nothing moved.
        flow[cv2.blur(np.abs(light), (5, 5)) < _STILL] = 0.0
        flow -= np.median(flow.reshape(-1, 2), axis=0)
        speed = np.hypot(flow[..., 0], flow[..., 1])
        expansion = np.gradient(flow[..., 0], axis=1) + np.gradient(flow[..., 1], axis=0)
        per_second = self._rate / _SIZE[0]
        cells = np.stack(
            [
                _mean(flow[..., 0]) * per_second,
                _mean(flow[..., 1]) * per_second,
                _mean(speed) * per_second,
                _most(speed) * per_second,
                _mean(expansion) * self._rate * 0.1,
                _mean(light) * self._rate * 0.1,
                _most(np.abs(light)) * self._rate * 0.1,
            ]
        )
        return (np.sign(cells) * np.log1p(np.abs(cells))).astype(np.float32)


def picture_features(
    clip: Clip,
    start: int,
    stop: int,
    rate: Fraction,
    backbone: Backbone,
    progress: Callable[[float], None] = lambda _done: None,
) -> PictureFeatures:
    """Decode the frames [start, stop) of a clip once and measure them, streamed."""
    watched = pictures(clip, start, stop, rate=rate, size=(SIDE, SIDE))
    return measure(ahead(watched, _AHEAD), rate, start, stop - start, backbone, progress)


def measure(
    watched: Iterable[Picture],
    rate: Fraction,
    start: int,
    frames: int,
    backbone: Backbone,
    progress: Callable[[float], None] = lambda _done: None,
) -> PictureFeatures:
    """Measure pictures [SIDE, SIDE, 3] in order; memory holds features, not pictures."""
    meter, finder = MotionMeter(rate), CutFinder()
    motion = np.zeros((frames, CHANNELS, *GRID), np.float32)
    appearance: list[np.ndarray] = []
    waiting: list[np.ndarray] = []
    cuts: list[int] = []
    every = max(1, round(rate / APPEARANCE_RATE))
    for number, picture in enumerate(watched):
        motion[number] = meter.add(picture.rgb)
        cuts += finder.add(picture.rgb)
        if number % every == 0:
            waiting.append(picture.rgb)
        if len(waiting) == 8:
            appearance.append(_seen(backbone, waiting))
            waiting = []
        progress((number + 1) / frames)
    cuts += finder.finish()
    if waiting:
        appearance.append(_seen(backbone, waiting))
    motion[cuts] = 0.0
    return PictureFeatures(
        rate=rate,
        start=start,
        motion=motion,
        appearance=np.concatenate(appearance),
        cuts=tuple(start + cut for cut in cuts),
    )


def _seen(backbone: Backbone, rgb: list[np.ndarray]) -> np.ndarray:
    with torch.no_grad():
        return backbone(torch.from_numpy(np.stack(rgb))).numpy()


def _mean(field: np.ndarray) -> np.ndarray:
    return _tiles(field).mean(axis=(1, 3))


def _most(field: np.ndarray) -> np.ndarray:
    return _tiles(field).max(axis=(1, 3))


def _tiles(field: np.ndarray) -> np.ndarray:
    rows, columns = GRID
    return field.reshape(rows, _SIZE[1] // rows, columns, _SIZE[0] // columns)
