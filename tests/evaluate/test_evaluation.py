"""`cuelock evaluate` as a whole: a tiny manifest, the real bundle, a report others can read."""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from engine.cli.app import main
from engine.evaluate.evaluation import Plan, run
from engine.evaluate.manifest import read_manifest, spread
from host_bridge.errors import CuelockError
from host_bridge.protocol import EvaluateReply, EvaluateRow

RATE = 48_000


def strikes(seed: int, seconds: float = 1.1) -> np.ndarray:
    """Decaying strikes of coloured noise, two or three, at moments of their own."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * RATE))
    for at in 0.1 + 0.35 * np.arange(2 + seed % 2) + 0.05 * rng.random():
        length = int(0.2 * RATE)
        strike = np.convolve(rng.standard_normal(length), np.hanning(4 + 4 * seed), "same")
        sound[int(at * RATE) :][:length] += strike * np.exp(-np.arange(length) / (0.04 * RATE))
    return 0.5 * sound / np.abs(sound).max()


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two recordings to measure, three held out beside them, one that was learned from."""
    path = tmp_path / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "caption", "start", "split", "licence", "class"])
        for seed, split in enumerate(["test", "test", "val", "val", "val", "train"]):
            soundfile.write(tmp_path / f"{seed}.wav", strikes(seed), RATE)
            rows.writerow([f"{seed}.wav", "a <hammer> strikes", 0, split, "CC0-1.0", "hammer"])
    return path


def measured(reply: EvaluateReply, of: str, name: str) -> EvaluateRow:
    return next(row for row in reply.rows if (row.of, row.name) == (of, name))


class Page(HTMLParser):
    """What a page shows: texts, and the files it names."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.files += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_tiny_manifest_is_measured_from_end_to_end(
    manifest: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    report = tmp_path / "report"
    assert main(["evaluate", str(manifest), "--to", str(report), "--json"]) == 0
    reply = msgspec.json.decode(capsysbinary.readouterr().out, type=EvaluateReply)

    assert {row.measure for row in reply.rows} == {"obeys", "names", "sounds", "vocoder"}
    real = measured(reply, "real sound", "energy correlation")
    assert (real.value, real.count) == (1.0, 2)
    assert measured(reply, "real sound", "first name among first five").value == 1
    assert measured(reply, "real sound", "energy error").value == 0
    made = measured(reply, "generated", "energy correlation")
    other = measured(reply, "another clip's sound", "energy correlation")
    assert made.value is not None
    assert other.value is not None
    assert made.value > other.value
    assert made.bound == 0.97
    assert made.holds == (made.value >= 0.97)
    assert {row.of for row in reply.rows} >= {"curve-shaped noise", "nearest recording"}
    assert all(row.low is not None for row in reply.rows if row.value is not None)

    page = Page()
    page.feed((report / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "a <hammer> strikes" in page.text, "captions are shown as they are, never as markup"
    assert "needs Melception's weights" in page.text
    assert page.files
    assert all((report / name).is_file() for name in page.files), "the folder needs nothing else"
    players = [name for name in page.files if name.endswith(".flac")]
    assert {soundfile.info(report / name).samplerate for name in players} == {RATE}


def test_a_metric_whose_weights_are_absent_gives_no_number(manifest: Path) -> None:
    reply = run(Plan(manifest=manifest, measures=("obeys", "sounds")))
    absent = {row.name: row for row in reply.rows if row.value is None and row.low is None}
    for name, weights in {
        "FID": "Melception",
        "IB-AA": "ImageBind",
        "DeSync": "Synchformer",
    }.items():
        assert absent[name].needs.startswith(weights)
        assert absent[name].holds is None


def test_the_same_seed_gives_the_same_figures(manifest: Path) -> None:
    one, again, other = (
        run(Plan(manifest=manifest, measures=("obeys",), seed=seed)).rows for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_what_cannot_be_measured_is_refused_by_name(manifest: Path) -> None:
    for plan, word in (
        (Plan(manifest=manifest, split="dev"), "dev"),
        (Plan(manifest=manifest, measures=("sees",)), "sees"),
    ):
        with pytest.raises(CuelockError, match=word) as raised:
            run(plan)
        assert raised.value.code == "request.option"
    with pytest.raises(CuelockError) as raised:
        read_manifest(manifest.with_name("none.csv"))
    assert raised.value.code == "request.path"
    wrong = manifest.with_name("wrong.csv")
    wrong.write_text("sound,words\na.wav,b\n")
    with pytest.raises(CuelockError, match="caption") as raised:
        read_manifest(wrong)


def test_a_row_may_begin_later_in_its_file(manifest: Path) -> None:
    rows = manifest.with_name("late.csv")
    rows.write_text("path,caption,start,split,licence\n0.wav,x,0.5,test,CC0-1.0\n")
    late = read_manifest(rows)[0].sound(RATE)
    assert late == pytest.approx(strikes(0)[RATE // 2 :], abs=1e-3)


def test_a_limited_choice_is_the_same_for_the_same_seed(manifest: Path) -> None:
    recordings = read_manifest(manifest)
    assert spread(recordings, 3, 1) == spread(recordings, 3, 1)
    assert len(spread(recordings, 3, 1)) == 3
    assert spread(recordings, None, 1) == recordings
