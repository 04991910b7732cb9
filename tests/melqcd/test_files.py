"""Curves go out and come back; what does not fit is refused by name."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.melqcd.curves import Curves
from engine.melqcd.files import CurvesFile, read_curves, write_curves
from engine.melqcd.spec import SMALL
from host_bridge.errors import CuelockError


def made(frames: int, seed: int = 0) -> CurvesFile:
    rng = np.random.default_rng(seed)
    curves = Curves(
        energy=rng.normal(-5, 2, frames).astype(np.float32),
        spread=rng.random(frames, np.float32),
        codes=rng.integers(0, 81, (frames, 2)).astype(np.uint8),
        spec=SMALL,
    )
    return CurvesFile(curves, "01:00:00;02", "30000/1001")


@pytest.mark.parametrize("ending", [".npz", ".csv"])
@settings(max_examples=10)
@given(frames=st.integers(1, 300), seed=st.integers(0, 99))
def test_what_goes_out_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, ending: str, frames: int, seed: int
) -> None:
    path = tmp_path_factory.mktemp("curves") / f"c{ending}"
    before = made(frames, seed)
    write_curves(before, path)
    after = read_curves(path)
    assert (after.start, after.timecode_rate) == (before.start, before.timecode_rate)
    assert after.curves.spec == SMALL
    for name in ("energy", "spread", "codes"):
        np.testing.assert_array_equal(getattr(after.curves, name), getattr(before.curves, name))
    assert list(path.parent.iterdir()) == [path]


def test_an_npz_carries_what_was_delivered_too(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    before = made(20)
    heard = before.curves.energy - np.float32(0.5)
    write_curves(before._replace(delivered=heard), path)
    after = read_curves(path)
    assert after.delivered is not None
    np.testing.assert_array_equal(after.delivered, heard)
    np.testing.assert_array_equal(after.curves.energy, before.curves.energy)


def test_the_csv_is_a_table_any_program_reads(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    write_curves(made(20), path)
    lines = [row for row in csv.reader(path.read_text().splitlines()) if not row[0].startswith("#")]
    assert lines[0] == ["energy", "spread", "code_upper", "code_lower"]
    assert len(lines) == 21


def _npz(**change: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_curves(made(10), path)
        with np.load(path) as stored:
            fields = dict(stored)
        fields |= change
        np.savez(path, **{k: v for k, v in fields.items() if v is not None})

    return write


@pytest.mark.parametrize(
    ("write", "word"),
    [
        (_npz(energy=None), "energy"),
        (_npz(energy=np.full(10, np.nan, np.float32)), "numbers"),
        (_npz(energy=np.zeros(9, np.float32)), "belong"),
        (_npz(codes=np.full((10, 2), 81)), "0..80"),
        (_npz(codes=np.full((10, 2), 0.5)), "whole"),
        (_npz(spread=np.full(10, -1.0)), "below zero"),
        (_npz(version=99), "newer"),
        (_npz(mel="{}}"), ""),
        (lambda path: path.write_bytes(b"PK\x03\x04 no archive"), ""),
        (lambda path: path.write_bytes(b""), ""),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, write: Callable[[Path], None], word: str
) -> None:
    path = tmp_path / "mine.npz"
    write(path)
    with pytest.raises(CuelockError) as caught:
        read_curves(path)
    assert caught.value.code == "request.curve"
    assert word in caught.value.message


def test_a_missing_file_and_a_strange_ending_are_told(tmp_path: Path) -> None:
    with pytest.raises(CuelockError, match="not there"):
        read_curves(tmp_path / "no.npz")
    with pytest.raises(CuelockError, match=r"\.wav"):
        write_curves(made(3), tmp_path / "c.wav")


def test_a_pickle_inside_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, version=1, energy=np.array([{"a": 1}], dtype=object))
    with pytest.raises(CuelockError, match="evil"):
        read_curves(path)
