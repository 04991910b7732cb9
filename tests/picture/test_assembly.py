"""An assembled picture shows at each frame what the timeline shows there, by its drawn number."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Movie, read_number, write_numbered

from engine.picture.assembly import shown
from host_bridge.errand import is_plain
from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameIndex, Rate, frame_of_label
from host_bridge.timeline import MarkedRange, Piece
from media.clip import open_clip
from media.decode import pictures

FRAMES = 120
BLACK = -1


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Numbered movies by their rates."""
    folder = tmp_path_factory.mktemp("media")
    return {
        rate: write_numbered(folder / f"{n}.mp4", FRAMES, Movie(rate=Fraction(rate)))
        for n, rate in enumerate(("24000/1001", "25", "30000/1001", "60000/1001"))
    }


def piece(
    path: Path, start: int, stop: int, media_start: int, rate: str = "25", speed: str = "1"
) -> Piece:
    return Piece(
        start=FrameIndex(start), stop=FrameIndex(stop), path=str(path),
        media_start=FrameIndex(media_start), media_rate=rate, speed=speed,
    )  # fmt: skip


def marked(
    *pieces: Piece, start: int = 0, stop: int = 30, rate: str = "25", first: int = 0
) -> MarkedRange:
    return MarkedRange(
        host="test", timeline="reel", rate=rate, first=FrameIndex(first),
        start=FrameIndex(start), stop=FrameIndex(stop), pieces=pieces,
    )  # fmt: skip


def assembled(one: MarkedRange, to: Path) -> Path:
    return Path(shown(one, to).path)


def numbers(path: Path, rate: str) -> list[int]:
    clip = open_clip(path)
    assert clip.rate == Fraction(rate)
    shown = pictures(clip, 0, clip.frames, rate=clip.rate, size=(128, 64))
    return [BLACK if picture.rgb.max() < 16 else read_number(picture.rgb) for picture in shown]


def test_a_plain_range_is_the_source_itself(media: dict[str, Path], tmp_path: Path) -> None:
    one = marked(piece(media["25"], 5, 60, 20), start=10, stop=40, first=90_000)
    assert assembled(one, tmp_path / "made") == media["25"]
    # Frame 25 of the file is seen at 01:00:00:10, so its first stands at 00:59:59:10.
    assert shown(one, tmp_path / "made").start_timecode == "00:59:59:10"
    assert shown(one, tmp_path / "made").frames == (25, 55)
    assert not (tmp_path / "made").exists()


def test_cuts_gaps_and_speeds_are_shown_frame_by_frame(
    media: dict[str, Path], tmp_path: Path
) -> None:
    path = media["25"]
    made = assembled(
        marked(
            piece(path, 0, 4, 50),
            piece(path, 6, 10, 10, speed="2"),
            piece(path, 10, 14, 60, speed="-1"),
            piece(path, 14, 18, 30, speed="1/2"),
            piece(path, 18, 21, 77, speed="0"),
            start=2, stop=24,
        ),
        tmp_path,
    )  # fmt: skip
    assert numbers(made, "25") == [
        52, 53, BLACK, BLACK, 10, 12, 14, 16, 60, 59, 58, 57, 30, 31, 31, 32, 77, 77, 77,
        BLACK, BLACK, BLACK,
    ]  # fmt: skip


def test_a_long_way_backwards_is_followed(media: dict[str, Path], tmp_path: Path) -> None:
    made = assembled(marked(piece(media["25"], 0, 110, 115, speed="-1"), stop=110), tmp_path)
    assert numbers(made, "25") == list(range(115, 5, -1))


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001 DF", "60000/1001"])
@pytest.mark.parametrize("start", ["00:00:00:00", "01:00:00:00", "23:59:58:00"])
def test_it_carries_the_timelines_rate_and_timecode(
    media: dict[str, Path], tmp_path: Path, rate: str, start: str
) -> None:
    counted = Rate.parse(rate)
    exact = str(counted.exact)
    first = frame_of_label(start, counted)
    one = marked(
        piece(media[exact], 0, 6, 3, exact), piece(media[exact], 6, 12, 40, exact),
        start=3, stop=9, rate=rate, first=first,
    )  # fmt: skip
    made, frames, began = shown(one, tmp_path)
    assert frames == (0, 6)
    assert numbers(Path(made), exact) == [6, 7, 8, 40, 41, 42]
    clip = open_clip(made)
    label = f"{start[:-2]}03".replace(":03", ";03") if counted.drop else f"{start[:-2]}03"
    assert (clip.start_timecode, began) == (label, label)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream_tags=timecode", "-of", "csv=p=0",
         made],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert label in told.stdout.split()


@given(data=st.data())
@settings(max_examples=8)
def test_every_frame_is_the_nearest_of_its_source(
    media: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rate = data.draw(st.sampled_from(["24000/1001", "25", "30000/1001"]))
    at, pieces, wanted = 0, list[Piece](), list[int]()
    for _ in range(data.draw(st.integers(1, 3))):
        gap, frames = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 12))
        own = data.draw(st.sampled_from(sorted(media)))
        speed = data.draw(st.sampled_from([Fraction(1), Fraction(1, 3), Fraction(2), Fraction(-1)]))
        begin = data.draw(st.integers(60, 70))
        pieces.append(piece(media[own], at + gap, at + gap + frames, begin, own, str(speed)))
        step = speed * Fraction(own) / Fraction(rate)
        wanted += [BLACK] * gap
        wanted += [int(begin + n * step + Fraction(1, 2)) for n in range(frames)]
        at += gap + frames
    one = marked(*pieces, stop=at, rate=rate)
    path = assembled(one, tmp_path_factory.mktemp("made"))
    if not is_plain(one):
        assert numbers(path, rate) == wanted
    else:
        assert path == Path(pieces[0].path)


def test_the_same_range_is_made_once(media: dict[str, Path], tmp_path: Path) -> None:
    one = marked(piece(media["25"], 0, 9, 50), piece(media["25"], 9, 12, 10), stop=12)
    made = assembled(one, tmp_path)
    before = made.stat().st_mtime_ns
    assert assembled(one, tmp_path) == made
    assert made.stat().st_mtime_ns == before
    assert list(tmp_path.iterdir()) == [made]


def test_a_range_beyond_its_source_is_refused_and_leaves_nothing(
    media: dict[str, Path], tmp_path: Path
) -> None:
    one = marked(piece(media["25"], 0, 9, 0), piece(media["25"], 9, 30, 110))
    with pytest.raises(CuelockError, match="frames 110 to 130") as caught:
        assembled(one, tmp_path)
    assert caught.value.code == "request.range"
    assert not list(tmp_path.iterdir())


def test_a_range_without_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CuelockError) as caught:
        assembled(marked(), tmp_path)
    assert caught.value.code == "host.marks"
