"""What the recordings' pictures show: a point each, looked at once and kept on disk."""

from __future__ import annotations

import hashlib
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.generate.parts import Seeing
from engine.picture.appearance import RATE, SIDE
from engine.train.data import Record
from engine.train.sounds import SoundLibrary
from media.clip import open_clip
from media.decode import pictures


def looks(library: SoundLibrary, sight: Seeing, name: str, cache: Path) -> Tensor:
    """Points [recordings, width] of a library's pictures; name: of the sight's weights.

    Raises CuelockError media.*, of which media.no_video for a recording that is mere sound.
    """
    stamp = hashlib.sha256(f"{library.stamp} {name}".encode()).hexdigest()[:12]
    file = cache / f"looks-{stamp}.safetensors"
    if not file.exists():
        points = torch.cat([_look(record, sight) for record in library.records])
        # Processes of one run may look at the same time; the last one's file stands.
        part = file.with_suffix(f".{os.getpid()}.part")
        save_file({"points": points}, part)
        part.replace(file)
    return load_file(file)["points"]


@torch.no_grad()
def _look(record: Record, sight: Seeing) -> Tensor:
    """A point [1, width] of a picture a second."""
    clip = open_clip(record.path)
    end = clip.frames_at(Fraction(RATE))
    first = min(int(record.start * RATE), end - 1)
    length = None if record.seconds is None else max(1, round(record.seconds * RATE))
    stop = end if length is None else min(end, first + length)
    shown = pictures(clip, first, stop, rate=Fraction(RATE), size=(SIDE, SIDE))
    return sight.point(sight(torch.from_numpy(np.stack([picture.rgb for picture in shown]))))
