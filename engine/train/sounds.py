"""The sound library training learns from: captioned recordings, decoded once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.train.data import Record, records
from engine.train.data.record import Split
from host_bridge.errors import CuelockError

SAMPLE_RATE = 48_000


class Sound(NamedTuple):
    """One recording: mono float32 [samples] at 48 kHz, its caption, class and group."""

    samples: np.ndarray
    caption: str
    kind: str
    group: str


class SoundLibrary:
    """Random access to every recording of one split, from a memory-mapped int16 cache.

    source: a manifest or a folder, as engine.train.data reads it. cache: a folder; recordings are
    decoded once for each state of the list and its files, in tens of seconds for an hour. stamp:
    names that state.
    Raises CuelockError request.path when there is nothing to read, media.* as a file is.
    """

    def __init__(self, source: Path, split: Split, cache: Path) -> None:
        self.records = [record for record in records(source) if record.split == split]
        self.stamp = _stamp(self.records)
        data, index = (cache / f"sounds-{self.stamp}{end}" for end in (".i16", ".json"))
        if not index.exists():
            _decode(self.records, data, index)
        self.ends = np.cumsum(json.loads(index.read_text()))
        self.data = np.memmap(data, np.int16, "r")
        self.by_kind: dict[str, list[int]] = {}
        for number, record in enumerate(self.records):
            self.by_kind.setdefault(record.kind, []).append(number)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, number: int) -> Sound:
        start = self.ends[number - 1] if number else 0
        record = self.records[number]
        samples = self.data[start : self.ends[number]].astype(np.float32) / 32768
        return Sound(samples, record.caption, record.kind, record.group)

    def shown(self, most: int) -> list[Sound]:
        """A few recordings of different classes, always the same ones, to look at."""
        kinds = sorted(self.by_kind)[:: max(1, len(self.by_kind) // most)]
        return [self[self.by_kind[kind][0]] for kind in kinds[:most]]

    def siblings(self, number: int) -> Sequence[int]:
        """Recordings of the same class and caption: other takes of the same sound."""
        record = self.records[number]
        return [n for n in self.by_kind[record.kind] if self.records[n].caption == record.caption]


def _stamp(wanted: Sequence[Record]) -> str:
    """What changes when the list or one of its files does."""
    digest = hashlib.sha256()
    for record in wanted:
        if not record.path.is_file():
            raise CuelockError(
                "media.missing",
                f"{record.path} is not there.",
                hint="`cuelock train check` finds every file that is missing.",
            )
        state = record.path.stat()
        about = (record, state.st_size, state.st_mtime_ns)
        digest.update(repr(about).encode())
    return digest.hexdigest()[:12]


def _decode(wanted: Sequence[Record], data: Path, index: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    lengths: list[int] = []
    # Processes of one run may decode the same list at once; the last one's files stand.
    part = data.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as out:
        for record in wanted:
            mono = record.sound(SAMPLE_RATE)
            out.write((np.clip(mono, -1, 1) * 32767).astype(np.int16).tobytes())
            lengths.append(len(mono))
    part.replace(data)
    beside = index.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps(lengths))
    beside.replace(index)
