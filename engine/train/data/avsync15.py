"""AVSync15: videos/CLASS/NAME.mp4, and train.txt and test.txt that list CLASS/NAME.mp4.

Source: Zhang et al., "Audio-Synchronized Visual Animation" (2024), section 4 of its README.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from engine.train.data.record import Record, Split

VIDEOS = "videos"
_SPLITS: tuple[Split, ...] = ("train", "test")


def read_avsync15(folder: Path) -> list[Record]:
    """Records of both lists; a listed clip that is gone is still a record, for the checks."""
    return [
        _record(folder, PurePosixPath(line), split)
        for split in _SPLITS
        for line in (folder / f"{split}.txt").read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def _record(folder: Path, name: PurePosixPath, split: Split) -> Record:
    label = name.parent.name.replace("_", " ")
    # Clips are cut out of VGGSound: the first eleven signs are the video's id.
    return Record(
        path=folder / VIDEOS / name, caption=label, kind=label, group=name.stem[:11], split=split
    )
