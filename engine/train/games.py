"""Matches of a free game as scenes: how its picture moves, and the curves of its own sound."""

from __future__ import annotations

import logging
import sys
import tomllib
from pathlib import Path

import cv2
import msgspec

from engine.train import openarena
from engine.train.filmed import examples_of
from engine.train.scenes import save

log = logging.getLogger(__name__)
WORDS = ("", "a video game: guns, steps", "gunfire, explosions and footsteps in a game")


class GamesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """folder: where the scenes go; maps: played one after the other; seconds: of each match."""

    folder: str
    maps: list[str]
    seconds: int
    seed: int
    rounds: int


def main(path: Path) -> None:
    """Play the matches of a TOML config whose scenes are not there yet."""
    cv2.setNumThreads(1)
    config = msgspec.convert(tomllib.loads(path.read_text()), GamesConfig)
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(config.rounds * len(config.maps)):
        played = config.maps[number % len(config.maps)]
        if (folder / f"{number:03d}-first-000.npz").exists():
            continue
        with openarena.matches(played, config.seconds, config.seed + number) as home:
            for view in ("third", "first"):
                movie = openarena.replayed(home, view)
                pieces = examples_of(movie, WORDS, sound_late=openarena.SOUND_LATE)
                for piece, examples in enumerate(pieces):
                    save(folder / f"{number:03d}-{view}-{piece:03d}.npz", examples)
                log.info("match %d on %s, %s person", number, played, view)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
