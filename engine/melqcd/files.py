"""Curves as files: npz for programs, CSV for people and spreadsheets. Both read back exactly."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from engine.melqcd.curves import Curves
from engine.melqcd.spec import MelSpec
from host_bridge.errors import CuelockError

VERSION = 1
_COLUMNS = ("energy", "spread", "code_upper", "code_lower")


class CurvesFile(NamedTuple):
    """Curves with their place on a timeline: start timecode and its rate ("24000/1001").

    delivered: the energy [T] that was measured on the stem made from them; npz alone has it.
    """

    curves: Curves
    start: str
    timecode_rate: str
    delivered: np.ndarray | None = None


def write_curves(file: CurvesFile, path: Path) -> None:
    """Write .npz or .csv, by the name's ending; whole or not at all.

    Raises CuelockError request.path for another ending.
    """
    if path.suffix == ".npz":
        content = _npz(file)
    elif path.suffix == ".csv":
        content = _csv(file)
    else:
        raise CuelockError(
            "request.path",
            f"Curves cannot be written as {path.suffix or 'a file without an ending'}.",
            hint="Name a file that ends in .npz or .csv.",
        )
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def read_curves(path: Path) -> CurvesFile:
    """Read npz or CSV, by what the file holds.

    Raises CuelockError request.curve, naming what is wrong with the file.
    """
    if not path.is_file():
        raise _refused(path, "it is not there")
    try:
        fields = _fields_of_npz(path) if zipfile.is_zipfile(path) else _fields_of_csv(path)
        if int(fields["version"]) > VERSION:
            raise _refused(path, "it was written by a newer cuelock")
        spec = msgspec.json.decode(str(fields["mel"]), type=MelSpec)
        curves = Curves(
            energy=np.asarray(fields["energy"], np.float32),
            spread=np.asarray(fields["spread"], np.float32),
            codes=_codes(np.asarray(fields["codes"])),
            spec=spec,
        )
        if not len(curves):
            raise _refused(path, "it holds no frames")
        place = str(fields["start"]), str(fields["timecode_rate"])
        return CurvesFile(curves, *place, fields.get("delivered"))
    except KeyError as error:
        raise _refused(path, f"{error.args[0]} is missing") from error
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, msgspec.DecodeError) as error:
        raise _refused(path, str(error).splitlines()[0]) from error


def _codes(codes: np.ndarray) -> np.ndarray:
    if codes.dtype.kind not in "iu" or (codes.size and (codes.min() < 0 or codes.max() > 255)):
        raise ValueError("codes are not whole numbers in 0..80")
    return codes.astype(np.uint8)


def _npz(file: CurvesFile) -> bytes:
    out = io.BytesIO()
    delivered: dict[str, Any] = {} if file.delivered is None else {"delivered": file.delivered}
    np.savez_compressed(
        out,
        **delivered,
        version=VERSION,
        rate=file.curves.spec.rate,
        energy=file.curves.energy,
        spread=file.curves.spread,
        codes=file.curves.codes,
        start=file.start,
        timecode_rate=file.timecode_rate,
        mel=msgspec.json.encode(file.curves.spec).decode(),
    )
    return out.getvalue()


def _fields_of_npz(path: Path) -> dict[str, Any]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] if stored[name].ndim else stored[name][()] for name in stored}


def _csv(file: CurvesFile) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for name, value in (
        ("version", VERSION),
        ("rate", file.curves.spec.rate),
        ("start", file.start),
        ("timecode_rate", file.timecode_rate),
        ("mel", msgspec.json.encode(file.curves.spec).decode()),
    ):
        writer.writerow((f"#{name}", value))
    writer.writerow(_COLUMNS)
    c = file.curves
    for energy, spread, (upper, lower) in zip(c.energy, c.spread, c.codes, strict=True):
        # repr of the shortest decimal that reads back as the same float32
        writer.writerow((str(energy), str(spread), upper, lower))
    return out.getvalue().encode()


def _fields_of_csv(path: Path) -> dict[str, Any]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    fields: dict[str, Any] = {
        row[0].removeprefix("#"): row[1] for row in rows if len(row) > 1 and row[0].startswith("#")
    }
    body = [row for row in rows if row and not row[0].startswith("#")]
    if not body or tuple(body[0]) != _COLUMNS:
        raise ValueError(f"its columns are not {', '.join(_COLUMNS)}")
    table = np.array(body[1:], dtype=np.float64).reshape(len(body) - 1, len(_COLUMNS))
    codes = table[:, 2:]
    fields |= {"energy": table[:, 0], "spread": table[:, 1], "codes": codes.astype(np.int64)}
    if (codes != np.round(codes)).any():
        raise ValueError("codes are not whole numbers in 0..80")
    return fields


def _refused(path: Path, why: str) -> CuelockError:
    return CuelockError(
        "request.curve",
        f"{path.name} cannot be used as curves: {why}.",
        hint="Make a file with `cuelock curves MEDIA --to FILE.npz` (or .csv) and edit that.",
    )
