"""VGGSound: vggsound.csv (YouTube id, start in seconds, label, split) and clips of ten seconds.

Clips lie anywhere under the folder as ID_START.mp4, START in six digits; those that are gone are
left out, since no copy of the set is complete. Source: Chen et al., "VGGSound" (2020), its
download page.
"""

from __future__ import annotations

import csv
from pathlib import Path

from engine.train.data.record import Record

LIST = "vggsound.csv"


def read_vggsound(folder: Path) -> list[Record]:
    """Records of the clips that are there, in the order of the list."""
    clips = {file.stem: file for file in sorted(folder.rglob("*.mp4"))}
    with (folder / LIST).open(newline="", encoding="utf-8") as source:
        rows = [row for row in csv.reader(source) if len(row) == 4]
    return [
        Record(
            path=clips[name],
            caption=label,
            kind=label,
            group=video,
            split="test" if split == "test" else "train",
        )
        for video, start, label, split in rows
        if start.isdigit() and (name := f"{video}_{int(start):06d}") in clips
    ]
