"""The sound library training learns from: a manifest of captioned clips, decoded once."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

SAMPLE_RATE = 48_000


class Sound(NamedTuple):
    """One recording: mono float32 [samples] at 48 kHz, its caption, class and group."""

    samples: np.ndarray
    caption: str
    kind: str
    group: str


class SoundLibrary:
    """Random access to every clip of one split, from a memory-mapped int16 cache.

    manifest: a CSV with the columns file, class, caption, group, split (paths beside it).
    cache: a folder; decoded once per manifest content, in tens of seconds.
    """

    def __init__(self, manifest: Path, split: str, cache: Path) -> None:
        with manifest.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == split]
        stamp = hashlib.sha256(manifest.read_bytes() + split.encode()).hexdigest()[:12]
        data, index = cache / f"sounds-{stamp}.i16", cache / f"sounds-{stamp}.json"
        if not index.exists():
            _decode(manifest.parent, rows, data, index)
        self.ends = np.cumsum(json.loads(index.read_text()))
        self.data = np.memmap(data, np.int16, "r")
        self.rows = rows
        self.by_kind: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            self.by_kind.setdefault(row["class"], []).append(number)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Sound:
        start = self.ends[number - 1] if number else 0
        row = self.rows[number]
        samples = self.data[start : self.ends[number]].astype(np.float32) / 32768
        return Sound(samples, row["caption"], row["class"], row["group"])

    def siblings(self, number: int) -> Sequence[int]:
        """Clips of the same class and caption: other takes of the same sound."""
        row = self.rows[number]
        return [n for n in self.by_kind[row["class"]] if self.rows[n]["caption"] == row["caption"]]


def _decode(folder: Path, rows: list[dict[str, str]], data: Path, index: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    lengths: list[int] = []
    with data.with_suffix(".part").open("wb") as out:
        for row in rows:
            sound, rate = soundfile.read(folder / row["file"], dtype="float32", always_2d=True)
            mono = sound.mean(axis=1)
            if rate != SAMPLE_RATE:
                mono = soxr.resample(mono, rate, SAMPLE_RATE)
            out.write((np.clip(mono, -1, 1) * 32767).astype(np.int16).tobytes())
            lengths.append(len(mono))
    data.with_suffix(".part").replace(data)
    index.write_text(json.dumps(lengths))
