"""Cuts: where one shot ends and the next begins, by PySceneDetect on pictures already decoded."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

#: No shot is shorter: what changes faster is a flash.
SHORTEST_SHOT_FRAMES = 6


class CutFinder:
    """Takes pictures one by one and knows the first frames of new shots seen so far.

    Adaptive content detection: a frame's change in hue, saturation and value stands out from
    that of its neighbours, so that fast movement is no cut. Answers come two pictures late.
    """

    def __init__(self) -> None:
        from scenedetect import AdaptiveDetector

        self._detector = AdaptiveDetector(min_scene_len=SHORTEST_SHOT_FRAMES)
        self._seen = 0
        self._last: np.ndarray | None = None

    def add(self, rgb: np.ndarray) -> list[int]:
        """rgb: uint8 [h, w, 3]. Returns the cuts this picture makes certain, as frame numbers."""
        from scenedetect import FrameTimecode

        # The detector counts frames; the rate it wants is only for its own display.
        frame = FrameTimecode(self._seen, fps=Fraction(25))
        found = self._detector.process_frame(frame, np.ascontiguousarray(rgb[..., ::-1]))
        self._seen, self._last = self._seen + 1, rgb
        return [cut.frame_num for cut in found]

    def finish(self) -> list[int]:
        """The cuts among the last pictures: the last is held until the detector has answered."""
        if self._last is None:
            return []
        held = self._detector.window_width
        return [cut for _ in range(held) for cut in self.add(self._last)]


def cuts(frames: Iterable[np.ndarray]) -> list[int]:
    """First frames of new shots in a run of small pictures, counted from its first.

    frames: uint8 [h, w, 3] each, RGB, all of one size.
    """
    finder = CutFinder()
    return [cut for rgb in frames for cut in finder.add(rgb)] + finder.finish()
