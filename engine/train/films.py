"""Films with their own sound as scenes: the only real picture whose sound may be learned from."""

from __future__ import annotations

import logging
import sys
import tomllib
from pathlib import Path

import cv2
import msgspec

from engine.train.data import records
from engine.train.filmed import examples_of
from engine.train.scenes import save

log = logging.getLogger(__name__)
_STEP = 2.0  # seconds from one piece to the next: half of what one holds is drawn at a time


class FilmsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """manifest: the stretches of films, in any layout that is read; those of its split `train` are
    learned from. folder: where the scenes go."""

    manifest: str
    folder: str


def main(path: Path) -> None:
    """Make the scenes of a TOML config's films that are not there yet."""
    cv2.setNumThreads(1)
    config = msgspec.convert(tomllib.loads(path.read_text()), FilmsConfig)
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    learned = [record for record in records(Path(config.manifest)) if record.split == "train"]
    for number, record in enumerate(learned):
        if (folder / f"{number:03d}-000.npz").exists():
            continue
        made = examples_of(
            record.path, ("", record.caption),
            start=record.start, seconds=record.seconds, step=_STEP,
        )  # fmt: skip
        # The first comes last: where it is, all are.
        for piece, examples in reversed(list(enumerate(made))):
            save(folder / f"{number:03d}-{piece:03d}.npz", examples)
        log.info("stretch %d of %d", number, len(learned))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
