"""What every reader gives: one recording, or one stretch of a longer one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from media.sound import sound

Split = Literal["train", "val", "test"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is known to sound: seconds from the record's start, what is touched, how."""

    seconds: float
    material: str = ""
    action: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a media file, and what is known of it.

    start: seconds into the file; seconds: length, None to the file's end. kind: the class it
    counts under. group: recordings of one origin, which no split may tear apart. licence: SPDX
    where the source has one, else what it says; empty when nobody said.
    """

    path: Path
    caption: str
    kind: str
    group: str
    split: Split = "train"
    licence: str = ""
    start: float = 0.0
    seconds: float | None = None
    events: tuple[Event, ...] = ()

    def sound(self, sample_rate: int) -> np.ndarray:
        """Mono float32 [samples], of sound files and of pictures with sound alike.

        Raises CuelockError: media.* as media.sound does, request.range when the file
        ends before the record starts.
        """
        length = None if self.seconds is None else Fraction(self.seconds)
        return sound(self.path, Fraction(self.start), length, sample_rate=sample_rate)
