"""A plain manifest.csv: one row a recording, paths beside the file.

Columns: path and caption; if there, start and seconds (of the stretch that is meant), split
(train, val, test), licence, class and group. Two older names are read as well: `file` for path.
A row without a class counts under its caption, one without a group is its own.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.train.data.record import Record
from host_bridge.errors import CuelockError

NAME = "manifest.csv"


def read_manifest(file: Path) -> list[Record]:
    """Every row's record.

    Raises CuelockError request.path when a row has no path or caption, or a value is no value.
    """
    with file.open(newline="", encoding="utf-8-sig") as source:
        rows = list(csv.DictReader(source))
    return [_record(file, number, row) for number, row in enumerate(rows, start=2)]


def _record(file: Path, line: int, row: Mapping[str, str | None]) -> Record:
    told = {name: value for name, value in row.items() if value}
    path = told.get("path") or told.get("file")
    caption = told.get("caption")
    if path is None or caption is None:
        raise _refused(file, line, "it has no path or no caption")
    try:
        return msgspec.convert(
            {
                "path": file.parent / path,
                "caption": caption,
                "kind": told.get("class", caption),
                "group": told.get("group", path),
                "split": told.get("split", "train"),
                "licence": told.get("licence", ""),
                "start": float(told.get("start", 0)),
                "seconds": float(told["seconds"]) if "seconds" in told else None,
            },
            Record,
        )
    except (msgspec.ValidationError, ValueError) as error:
        raise _refused(file, line, str(error)) from error


def _refused(file: Path, line: int, why: str) -> CuelockError:
    return CuelockError(
        "request.path",
        f"Line {line} of {file} cannot be read: {why}.",
        hint="Columns: path, caption, and if wanted start, seconds, split, licence, class, group.",
    )
