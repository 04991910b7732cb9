"""An ordinary folder with the stems and a cue sheet, for whoever takes no timeline.

The files keep their names and their time references, by which every editor can spot them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from host_bridge.errors import CuelockError
from host_bridge.exchange.cut import Cut
from host_bridge.exchange.files import name_of, whole
from host_bridge.exchange.lists import cue_sheet, cues_of

CUE_SHEET = "cue-sheet.csv"


def write(cut: Cut, path: Path) -> None:
    """A folder, in place of one that was written before.

    Raises CuelockError media.missing, and request.path where another folder or file is already.
    """
    if path.exists() and not (path / CUE_SHEET).is_file():
        raise CuelockError(
            "request.path",
            f"{path} is there already.",
            hint="Name another folder, or move that one away.",
        )
    cues = cues_of(cut)
    names = _names(tuple(sorted({cue.file for cue in cues if cue.file})))
    with whole(path) as part:
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
        part.mkdir()
        try:
            for file, name in names.items():
                if not Path(file).is_file():
                    raise CuelockError(
                        "media.missing",
                        f"The stem {file} is not there.",
                        hint="Have it delivered again with `cuelock takes get`.",
                    )
                shutil.copyfile(file, part / name)
            told = [cue._replace(file=names.get(cue.file, "")) for cue in cues]
            (part / CUE_SHEET).write_bytes(cue_sheet(cut, told).encode("utf-8", "surrogateescape"))
            if path.exists():
                shutil.rmtree(path)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _names(files: tuple[str, ...]) -> dict[str, str]:
    """A name for each file; those of one name are told apart by a number."""
    given: dict[str, str] = {}
    for file in files:
        base = Path(name_of(file))
        tries = (base.name if n == 1 else f"{base.stem} {n}{base.suffix}" for n in range(1, 10**6))
        taken = set(given.values())
        given[file] = next(name for name in tries if name not in taken)
    return given
