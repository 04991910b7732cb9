"""What is measured: recordings named by a manifest, a plain CSV file.

Columns: `path` (or `file`; beside the manifest), `caption`, `start` (seconds into the file),
`split`, `licence`. Optional: `duration_s`, `group` (takes of one recording; the file's own name
where there is none), `class`, `kind` ("sync" where one sees what sounds), `tagger_agrees` (whether
the tagger knows the recording: "top1" or "top5").
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip
from media.sound import sound

TRAIN = "train"


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One row. seconds: how long it is by the manifest, None where it does not say."""

    path: Path
    caption: str
    split: str
    group: str
    start: float = 0.0
    seconds: float | None = None
    kind: str = ""
    sounds_like: str = ""
    known: bool = True

    def sound(self, sample_rate: int) -> np.ndarray:
        """Mono samples float32, full scale 1. Raises CuelockError media.*."""
        start = Fraction(self.start) if self.start else None
        length = Fraction(self.seconds) if self.start and self.seconds else None
        return sound(self._source, start, length, sample_rate=sample_rate)

    @property
    def _source(self) -> Clip | Path:
        """The clip, whose sound begins with its first picture, or the mere sound file."""
        try:
            return open_clip(self.path)
        except CuelockError as error:
            if error.code != "media.no_video":
                raise
            return self.path


def read_manifest(path: Path) -> list[Recording]:
    """Every row of a manifest.

    Raises CuelockError request.path where there is none, request.option where a column is missing.
    """
    if not path.is_file():
        raise CuelockError(
            "request.path", f"There is no file {path}.", hint="Name a manifest (CSV)."
        )
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missing = {"caption", "split"} - set(rows[0] if rows else ())
    if missing or not {"path", "file"} & set(rows[0]):
        raise CuelockError(
            "request.option",
            f"{path} is no manifest: it lacks {', '.join(sorted(missing)) or 'path'}.",
            hint="Its columns are path, caption, start, split and licence.",
        )
    return [_recording(path.parent, row) for row in rows]


def _recording(folder: Path, row: dict[str, str]) -> Recording:
    name = row.get("path") or row["file"]
    return Recording(
        path=folder / name,
        caption=row["caption"],
        split=row["split"],
        group=row.get("group") or name,
        start=float(row.get("start") or 0),
        seconds=float(row["duration_s"]) if row.get("duration_s") else None,
        kind=row.get("kind") or "",
        sounds_like=row.get("class") or "",
        known=row.get("tagger_agrees", "top1") in ("top1", "top5"),
    )


def spread(recordings: Sequence[Recording], most: int | None, seed: int) -> list[Recording]:
    """At most so many of them, drawn without regard to order; all of them in order for None."""
    if most is None or most >= len(recordings):
        return list(recordings)
    chosen = np.random.default_rng(seed).permutation(len(recordings))[:most]
    return [recordings[n] for n in sorted(chosen)]
