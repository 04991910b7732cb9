"""Motion of a range: where and how things move, on a grid, picture by picture.

Dense optical flow (DIS, Kroeger et al. 2016) between neighbouring pictures, less the camera's own
movement, pooled to a grid; and how that movement changes along its own way, for what strikes is
stopped or thrown back at that moment. At a cut there is no motion, only a flag.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from threading import Condition, Thread
from typing import Protocol

import cv2
import numpy as np
import torch

from engine.picture.ahead import ahead
from engine.picture.appearance import RATE as APPEARANCE_RATE
from engine.picture.appearance import SIDE
from engine.picture.cuts import CutFinder
from media.clip import Clip
from media.decode import Picture, pictures

GRID = (6, 10)  # rows, columns
# right, down, speed, top speed, expansion, light change, light change's edge; and from CHANGE on:
# change of movement, top change, slowing, upward push
CHANNELS = 11
CHANGE = 7
_LEAD_SECONDS = 4  # more would take the cores from the first window, less leave them idle
_AHEAD = 16  # pictures decoded while others are measured
_LATE = 4  # pictures after which no cut is found any more
_TOGETHER = 8  # pictures the backbone looks at in one batch
_PATIENCE = 0.1  # seconds between signs of life while waiting
_STILL = 1.5 / 255  # mean change of light below which a place stands still
_SIZE = (160, 96)  # pictures are squeezed to this for the flow: width, height
_COLUMNS, _ROWS = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in _SIZE))
_PLACES = np.stack(
    [np.ones_like(_ROWS), _COLUMNS / _SIZE[0] - 0.5, (_ROWS - _SIZE[1] / 2) / _SIZE[0]], axis=2
)
_TEXTURE = 30.0  # Sobel's gradient above which a place has texture
_FEWEST = 50  # textured places that say how the camera moves
_ROUNDS = 6
_LEAST_LEFT = 0.15  # pixels: what flow is never nearer than
_RIDGE = 1e-3 * np.eye(3, dtype=np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureFeatures:
    """What was measured on the frames [start, start + N) of a clip at `rate`.

    motion float32 [N, CHANNELS, *GRID]: frame i against the frame before it, in picture widths a
    second (light: full scale a second), compressed by sign(x) log(1 + |x|); zeros for the first
    frame and at cuts. Channels from CHANGE on compare that movement with the one before it, which
    the first two frames of a shot lack. appearance float32 [M, features]: what the sight made of
    about one a second. cuts: frames of the clip at which new shots begin. All are filled while
    pictures pass.
    """

    rate: Fraction
    start: int
    motion: np.ndarray
    appearance: np.ndarray
    cuts: list[int]


class Sight(Protocol):
    """What looks at whole pictures: rgb uint8 [B, SIDE, SIDE, 3] -> float32 [B, features]."""

    @property
    def features(self) -> int: ...

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor: ...


class MotionMeter:
    """Takes pictures one by one; gives each one's motion against the one before."""

    def __init__(self, rate: Fraction) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._rate = float(rate)
        self._last: np.ndarray | None = None
        self._moved: np.ndarray | None = None

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
        still = cv2.blur(np.abs(light), (5, 5)) < _STILL
        flow[still] = 0.0
        flow -= _camera(flow, gray)
        flow[still] = 0.0
        speed = np.hypot(flow[..., 0], flow[..., 1])
        expansion = np.gradient(flow[..., 0], axis=1) + np.gradient(flow[..., 1], axis=0)
        before, self._moved = flow if self._moved is None else _carried(self._moved), flow
        change = flow - before
        changed = np.hypot(change[..., 0], change[..., 1])
        slowing = np.maximum(np.hypot(before[..., 0], before[..., 1]) - speed, 0)
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
                _mean(changed) * per_second,
                _most(changed) * per_second,
                _mean(slowing) * per_second,
                _mean(np.maximum(-change[..., 1], 0)) * per_second,
            ]
        )
        return (np.sign(cells) * np.log1p(np.abs(cells))).astype(np.float32)


class Watch:
    """A range's pictures, measured in a thread of its own while others use what is known.

    It stays a little ahead of what is asked for, no more: cores that look far ahead are missing
    where the first sound is made.
    """

    def __init__(self, clip: Clip, start: int, stop: int, rate: Fraction, backbone: Sight) -> None:
        self.features = unmeasured(rate, start, stop - start, backbone.features)
        self._backbone = backbone
        self._pictures = ahead(pictures(clip, start, stop, rate=rate, size=(SIDE, SIDE)), _AHEAD)
        self._known = self._wanted = 0
        self._lead = math.ceil(_LEAD_SECONDS * rate)
        self._error: BaseException | None = None
        self._moved = Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    @property
    def known(self) -> int:
        """Frames whose features are true by now."""
        return self._known

    @property
    def complete(self) -> bool:
        """Whether everything was measured."""
        return self._known == len(self.features.motion)

    def upto(self, frame: int, waiting: Callable[[float], None] = lambda _done: None) -> None:
        """Wait until the features before a frame of the clip are true; beyond the end, for all.

        waiting is called about ten times a second with the share that is measured; what it
        raises ends the wait. Raises what decoding raises.
        """
        whole = len(self.features.motion)
        wanted = min(frame - self.features.start, whole)
        with self._moved:
            self._wanted = max(self._wanted, wanted)
            self._moved.notify_all()
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._error or self._known >= wanted, _PATIENCE)
            if self._error is not None:
                raise self._error
            if self._known >= wanted:
                return
            waiting(self._known / whole)

    def close(self) -> None:
        """Measure no more."""
        with self._moved:
            self._closed = True
            self._moved.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            measure(self._pictures, self.features, self._backbone, self._measured)
        except BaseException as error:
            with self._moved:
                self._error = error
                self._moved.notify_all()
        finally:
            self._pictures.close()

    def _measured(self, frames: int) -> bool:
        with self._moved:
            self._known = frames
            self._moved.notify_all()
            self._moved.wait_for(self._goes_on)
        return not self._closed

    def _goes_on(self) -> bool:
        near = self._known < self._wanted + self._lead
        return near or self.complete or self._closed


def picture_features(
    clip: Clip, start: int, stop: int, rate: Fraction, backbone: Sight
) -> PictureFeatures:
    """Decode the frames [start, stop) of a clip once and measure them all."""
    watch = Watch(clip, start, stop, rate, backbone)
    watch.upto(stop)
    return watch.features


def measure(
    watched: Iterable[Picture],
    features: PictureFeatures,
    backbone: Sight,
    known: Callable[[int], bool] = lambda _frames: True,
) -> None:
    """Fill features from pictures [SIDE, SIDE, 3] in order; memory holds features, not pictures.

    known: told how many frames' features are true by now; measuring goes on while it says so.
    """
    meter, finder = MotionMeter(features.rate), CutFinder()
    waiting: list[np.ndarray] = []
    every = _every(features.rate)
    seen = 0

    def look() -> None:
        nonlocal seen, waiting
        features.appearance[seen : seen + len(waiting)] = _seen(backbone, waiting)
        seen, waiting = seen + len(waiting), []

    def cut(frames: list[int]) -> None:
        cut_motion(features.motion, frames)
        features.cuts.extend(features.start + frame for frame in frames)

    for number, picture in enumerate(watched):
        features.motion[number] = meter.add(picture.rgb)
        cut(finder.add(picture.rgb))
        if number % every == 0:
            waiting.append(picture.rgb)
        if len(waiting) == _TOGETHER:
            look()
        # Whether a picture begins a shot is said when the next ones have been seen.
        if not known(max(0, number + 1 - _LATE)):
            return
    cut(finder.finish())
    if waiting:
        look()
    known(len(features.motion))


def cut_motion(motion: np.ndarray, frames: Sequence[int]) -> None:
    """Take out of motion [N, CHANNELS, *GRID] what was measured over cuts: where shots begin."""
    motion[list(frames)] = 0.0
    motion[[frame + 1 for frame in frames if frame + 1 < len(motion)], CHANGE:] = 0.0


def unmeasured(rate: Fraction, start: int, frames: int, features: int) -> PictureFeatures:
    """Features of the frames [start, start + frames), to be filled by `measure`."""
    return PictureFeatures(
        rate=rate,
        start=start,
        motion=np.zeros((frames, CHANNELS, *GRID), np.float32),
        appearance=np.zeros((-(-frames // _every(rate)), features), np.float32),
        cuts=[],
    )


def _every(rate: Fraction) -> int:
    """Pictures from one that is looked at to the next."""
    return max(1, round(rate / APPEARANCE_RATE))


def _seen(backbone: Sight, rgb: list[np.ndarray]) -> np.ndarray:
    with torch.no_grad():
        return backbone(torch.from_numpy(np.stack(rgb))).numpy()


def _camera(flow: np.ndarray, gray: np.ndarray) -> np.ndarray:
    """The camera's own movement [h, w, 2]: the affine flow that most textured places agree on.

    Least squares, weighed anew in rounds by Geman and McClure's function of what is left over, from
    the median on: what moves by itself is outvoted. None where too little has texture.
    """
    edges = cv2.Sobel(gray, cv2.CV_32F, 1, 0)[::3, ::3], cv2.Sobel(gray, cv2.CV_32F, 0, 1)[::3, ::3]
    textured = (np.hypot(*edges) > _TEXTURE).ravel()
    if textured.sum() < _FEWEST:
        return np.zeros_like(flow)
    seen, places = (
        flow[::3, ::3].reshape(-1, 2)[textured],
        _PLACES[::3, ::3].reshape(-1, 3)[textured],
    )
    fit = np.zeros((3, 2), np.float32)
    fit[0] = np.median(seen, axis=0)
    for _ in range(_ROUNDS):
        left = np.hypot(*(seen - places @ fit).T)
        scale = 1.5 * max(_LEAST_LEFT, float(np.median(left)))
        weighed = places * (1 / (1 + np.square(left / scale)) ** 2)[:, None]
        fit = np.linalg.solve(weighed.T @ places + _RIDGE, weighed.T @ seen)
    return _PLACES @ fit


def _carried(flow: np.ndarray) -> np.ndarray:
    """A flow [h, w, 2] where the points it moved are now."""
    return cv2.remap(
        flow, _COLUMNS - flow[..., 0], _ROWS - flow[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def _mean(field: np.ndarray) -> np.ndarray:
    return _tiles(field).mean(axis=(1, 3))


def _most(field: np.ndarray) -> np.ndarray:
    return _tiles(field).max(axis=(1, 3))


def _tiles(field: np.ndarray) -> np.ndarray:
    rows, columns = GRID
    return field.reshape(rows, _SIZE[1] // rows, columns, _SIZE[0] // columns)
