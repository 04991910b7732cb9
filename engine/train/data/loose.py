"""A folder of recordings without a list: their names are what they are called."""

from __future__ import annotations

import re
from pathlib import Path

from engine.train.data.record import Record

SOUNDS = frozenset((".wav", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".mp3", ".m4a"))
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W\d_]+")


def read_loose(folder: Path) -> list[Record]:
    """Every sound file under the folder, in the order of names, to be learned from."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SOUNDS)
    return [
        Record(path=file, caption=caption, kind=caption, group=str(file.relative_to(folder)))
        for file in files
        for caption in (caption_of(file),)
    ]


def caption_of(file: Path) -> str:
    """What a file's name says; the folder's where it has no words.

    >>> caption_of(Path("Studio/GateCreak_slow-03.wav"))
    'gate creak slow'
    >>> caption_of(Path("rusty gate/0017.wav"))
    'rusty gate'
    """
    words = (_NO_WORD.sub(" ", _HUMPS.sub(" ", name)) for name in (file.stem, file.parent.name))
    return next((said for name in words if (said := name.strip().lower())), file.stem)
