"""Which layout a folder has, and its records."""

from __future__ import annotations

from pathlib import Path

from engine.train.data.avsync15 import VIDEOS, read_avsync15
from engine.train.data.greatest_hits import TIMES, read_greatest_hits
from engine.train.data.loose import read_loose
from engine.train.data.manifest import NAME, read_manifest
from engine.train.data.record import Record
from engine.train.data.vggsound import LIST, read_vggsound
from host_bridge.errors import CuelockError


def records(source: Path) -> list[Record]:
    """Records of a manifest file, or of a folder whose layout its own lists tell.

    Raises CuelockError request.path when there is nothing to read.
    """
    if source.is_file():
        found = read_manifest(source)
    elif (source / NAME).is_file():
        found = read_manifest(source / NAME)
    elif (source / LIST).is_file():
        found = read_vggsound(source)
    elif (source / VIDEOS).is_dir() and (source / "train.txt").is_file():
        found = read_avsync15(source)
    elif any(source.glob(f"*{TIMES}")):
        found = read_greatest_hits(source)
    else:
        found = read_loose(source)
    if not found:
        raise CuelockError(
            "request.path",
            f"There are no recordings at {source}.",
            hint="Name a folder of sound files, or a manifest.csv with the columns path, caption.",
        )
    return found
