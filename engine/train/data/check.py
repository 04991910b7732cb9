"""What training should not meet: silence, odd lengths, broken files, leaks, unknown licences."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from engine.train.data.read import records
from engine.train.data.record import Record
from host_bridge.errors import CuelockError
from host_bridge.protocol import DataCheck, DataFinding, DataReply

RATE = 16_000  # enough to hear silence and length by
_SHORTEST, _LONGEST = 0.15, 120.0  # seconds
_SILENT = 1e-3  # peak; -60 dBFS


def check(source: Path) -> DataReply:
    """Decode every recording of a collection and say what is wrong with it.

    Raises CuelockError request.path when there is nothing to read.
    """
    found = records(source)
    findings: list[DataFinding] = []
    seconds, contents = 0.0, dict[bytes, Record]()
    for record in found:
        try:
            sound = record.sound(RATE)
        except CuelockError as error:
            findings.append(_finding("corrupt", record, error.message))
            continue
        seconds += len(sound) / RATE
        findings += _of_sound(record, sound)
        twin = contents.setdefault(hashlib.sha256(sound.tobytes()).digest(), record)
        if twin.split != record.split:
            told = f"the same sound as {twin.path.name} of {twin.split}"
            findings.append(_finding("leak", record, told))
    findings += [*_torn_groups(found), *_licences(found)]
    return DataReply(
        source=str(source),
        recordings=dict(Counter(record.split for record in found)),
        classes=len({record.kind for record in found}),
        seconds=round(seconds, 1),
        findings=tuple(findings),
    )


def _of_sound(record: Record, sound: np.ndarray) -> Iterator[DataFinding]:
    seconds = len(sound) / RATE
    if not _SHORTEST <= seconds <= _LONGEST:
        yield _finding("length", record, f"{seconds:.2f} s long")
    if not np.isfinite(sound).all():
        yield _finding("corrupt", record, "samples that are no numbers")
    elif np.abs(sound).max(initial=0) < _SILENT:
        yield _finding("silent", record, "nothing above -60 dBFS")


def _torn_groups(found: Sequence[Record]) -> Iterator[DataFinding]:
    first: dict[str, Record] = {}
    for record in found:
        other = first.setdefault(record.group, record)
        if other.split != record.split:
            told = f"group {record.group!r} is in {other.split} too ({other.path.name})"
            yield _finding("leak", record, told)


def _licences(found: Sequence[Record]) -> Iterator[DataFinding]:
    for record in found:
        if not record.licence:
            yield _finding("licence", record, "nobody said under which licence it is")
            continue
        try:
            canonicalize_license_expression(record.licence)
        except InvalidLicenseExpression:
            yield _finding("licence", record, f"{record.licence!r} is no SPDX licence")


def _finding(kind: DataCheck, record: Record, detail: str) -> DataFinding:
    return DataFinding(check=kind, path=str(record.path), detail=detail)
