"""Films become scenes whose sound and picture still go together."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from media_factory import Movie, write_movie

from engine.train.filmed import examples_of
from engine.train.films import main
from engine.train.scenes import scenes_of
from engine.train.sounding import SECONDS

RATE, SOUND_RATE = Fraction(25), 48_000
HITS = (1.0, 2.6, 5.2, 7.0, 8.4)  # seconds at which the square jumps and clicks


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of a square that jumps, and of its clicks."""
    ground = np.random.default_rng(3).integers(60, 120, (128, 128, 1), np.uint8).repeat(3, axis=2)
    pictures: list[np.ndarray] = []
    for frame in range(250):
        picture, jumps = ground.copy(), sum(frame / 25 >= hit for hit in HITS)
        picture[40:70, 10 + 16 * jumps : 40 + 16 * jumps] = 240
        pictures.append(picture)
    rng, sound = np.random.default_rng(4), np.zeros(10 * SOUND_RATE, np.float32)
    for hit in HITS:
        at = round(hit * SOUND_RATE)
        click = rng.normal(size=4800) * np.exp(-np.arange(4800) / 800)
        sound[at : at + 4800] = (0.3 * click).clip(-1, 1)
    path = tmp_path_factory.mktemp("films") / "square.mp4"
    return write_movie(path, pictures, Movie(rate=RATE, sound=sound))


def test_what_moves_is_heard_at_its_moment_in_every_piece(film: Path) -> None:
    pieces = list(examples_of(film, ("", "a click"), step=2.0))
    assert len(pieces) == 3  # of 6 s, from 0, 2 and 4 s
    for begin, piece in zip((0.0, 2.0, 4.0), pieces, strict=True):
        assert [example.words for example in piece] == ["", "a click"]
        hits = [hit - begin for hit in HITS if 0 < hit - begin < SECONDS]
        example = piece[1]
        assert example.onsets == pytest.approx(hits, abs=0.02)
        moving = np.abs(example.features.motion).sum(axis=(1, 2, 3))
        seen = {round(hit * 25) for hit in hits}
        assert {int(n) for n in np.argsort(moving)[-len(hits) :]} <= seen | {n + 1 for n in seen}
        loudest = [int(100 * hit) for hit in hits]
        assert example.curves.energy[loudest].min() > np.median(example.curves.energy) + 2


def test_a_stretch_is_kept_to_and_sound_that_leads_is_put_back(film: Path) -> None:
    (piece,) = examples_of(film, ("",), start=0.5, seconds=7.0, sound_late=5)
    assert piece[0].onsets == pytest.approx([0.7, 2.3, 4.9], abs=0.02)
    assert not list(examples_of(film, ("",), start=5.0))


def test_films_are_made_once_and_a_test_split_never(film: Path, tmp_path: Path) -> None:
    manifest, config = film.parent / "manifest.csv", tmp_path / "films.toml"
    manifest.write_text(
        "path,caption,start,seconds,split,licence\n"
        "square.mp4,a click,0,8,train,CC-BY-3.0\n"
        "square.mp4,a click,2,8,test,CC-BY-3.0\n"
    )
    config.write_text(tomli_w.dumps({"manifest": str(manifest), "folder": str(tmp_path / "to")}))
    main(config)
    made = sorted((tmp_path / "to").iterdir())
    assert [path.name for path in made] == ["000-000.npz", "000-001.npz"]
    times = [path.stat().st_mtime_ns for path in made]
    main(config)
    assert [path.stat().st_mtime_ns for path in made] == times
    (_, example) = scenes_of(tmp_path / "to")[1]
    assert example.onsets == pytest.approx([0.6, 3.2, 5.0], abs=0.02)
