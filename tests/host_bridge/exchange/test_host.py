"""A timeline file as a host: its media found, stems placed in a file beside it, read back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_cuts import PAIRS, RATES, STARTS, STEM

from engine.cli import main
from engine.stems.bwf import StemInfo, write_stem
from engine.stems.level import Loudness
from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS, Cut, read_cut, write_cut
from host_bridge.exchange.cut import Lane, Medium, Shot
from host_bridge.exchange.files import MediaSearch, url_of
from host_bridge.exchange.host import ExchangeHost
from host_bridge.exchange.picture import Probe, picture_of, within
from host_bridge.placing import place
from host_bridge.projectfile import Told
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, Marker, SampleIndex, Stem

TAKE = "8c1f00d2aa"
BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"


def looked(rate: Rate, hours: int = 1) -> Probe:
    first = frame_of_label(f"{hours:02d}:00:00:00", rate)
    return Probe(rate.exact, first / rate.exact)


def timeline_of(folder: Path, rate: Rate, start: str, *shots: tuple[str, int, int, int]) -> Path:
    """An OTIO beside its media; shots: file, start, stop, first frame of the file."""
    for name, *_ in shots:
        (folder / name).touch()
    said = tuple(
        Shot(Medium(str(folder / name)), a / rate.exact, b / rate.exact,
             looked(rate).origin + source / rate.exact)
        for name, a, b, source in shots
    )  # fmt: skip
    cut = Cut("Reel 1", rate, frame_of_label(start, rate), (Lane("V1", said),))
    write_cut(cut, folder / "reel.otio", "otio")
    return folder / "reel.otio"


def host_of(folder: Path, form: str, rate: Rate, start: str) -> ExchangeHost:
    timeline = timeline_of(folder, rate, start, ("a.mov", 0, 50, 10), ("b.mov", 60, 90, 0))
    to = folder / f"out{FORMATS[form].ending}"
    return ExchangeHost(timeline, to, form, lambda _: looked(rate), rate=rate)


def stem_at(
    folder: Path, start: int, layer: str = "rain", rate: Rate = RATES[1], first: int = 90_000
) -> Stem:
    """A stem as the engine writes them: its time reference says where it belongs."""
    path = folder / f"reel_{layer}_01-00-00-00_{TAKE}.wav"
    info = StemInfo(
        clip="reel", layer=layer, take=TAKE, rate=rate, channels=1, samples=STEM,
        time_reference=sample_of_frame(first, rate, SAMPLE_RATE) + start, date="", bundle="small",
        licence="", seed=1, curves_sha256="",
    )  # fmt: skip
    write_stem(path, [np.full(STEM, 0.1)], info, Loudness(None, None, None, None, None))
    return Stem(path=str(path), take=TAKE, layer=layer, start=SampleIndex(start), samples=STEM)


@pytest.mark.parametrize(
    ("form", "rate", "start"),
    [
        (form, rate, start)
        for form in ("otio", "fcp7", "fcpxml", "edl", "aaf")
        for rate in RATES
        for start in STARTS
        if form != "aaf" or (rate, start) in PAIRS
    ],
)
def test_a_placed_stem_is_read_back_where_it_was_put(
    tmp_path: Path, form: str, rate: Rate, start: str
) -> None:
    host = host_of(tmp_path, form, rate, start)
    before = (tmp_path / "reel.otio").read_bytes()
    first = frame_of_label(start, rate)
    # A frame's sample is counted from midnight, the timeline's from its own first frame.
    at = sample_of_frame(first + 23, rate, SAMPLE_RATE) - sample_of_frame(first, rate, SAMPLE_RATE)
    stem = stem_at(tmp_path, at, rate=rate, first=first)
    assert [one.state for one in place(host, [stem])] == ["placed"]
    (clip,) = host.tracks()[0].clips
    assert (clip.start, clip.take) == (at, TAKE)
    assert [one.state for one in place(host, [stem])] == ["there"]
    assert (tmp_path / "reel.otio").read_bytes() == before


@pytest.mark.parametrize("form", ["otio", "fcp7", "fcpxml", "edl", "aaf"])
def test_stems_that_would_meet_stand_on_tracks_of_their_own(tmp_path: Path, form: str) -> None:
    host = host_of(tmp_path, form, RATES[1], STARTS[1])
    stems = [stem_at(tmp_path, 0), stem_at(tmp_path, 1920, "door"), stem_at(tmp_path, 9600)]
    assert [one.state for one in place(host, stems)] == ["placed"] * 3
    assert [[clip.start for clip in track.clips] for track in host.tracks()] == [[0, 9600], [1920]]


@pytest.mark.parametrize("form", ["otio", "fcp7", "fcpxml", "edl", "aaf"])
def test_a_marker_is_set_once_and_stays_when_stems_are_placed(tmp_path: Path, form: str) -> None:
    host = host_of(tmp_path, form, RATES[2], STARTS[2])
    hit = Marker(frame=FrameIndex(70), name="door", key="cuelock:70")
    host.put_markers((hit,))
    place(host, [stem_at(tmp_path, 0)])
    before = (tmp_path / f"out{FORMATS[form].ending}").read_bytes()
    host.put_markers((hit,))
    assert (tmp_path / f"out{FORMATS[form].ending}").read_bytes() == before
    assert len(host.tracks()) == 1


def test_the_marked_range_counts_in_each_file_from_its_first_picture(tmp_path: Path) -> None:
    rate = RATES[0]
    timeline = timeline_of(tmp_path, rate, STARTS[1], ("a.mov", 0, 50, 10), ("b.mov", 60, 90, 3))
    host = ExchangeHost(
        timeline, tmp_path / "o.xml", "fcp7", lambda _: looked(rate), told=Told("20f", "70f")
    )
    marked = host.marked()
    assert (marked.first, marked.start, marked.stop) == (86_400, 20, 70)
    assert [(p.start, p.stop, p.media_start, Path(p.path).name) for p in marked.pieces] == [
        (20, 50, 30, "a.mov"),
        (60, 70, 3, "b.mov"),
    ]


def test_source_times_without_the_files_timecode_count_from_its_first_picture(
    tmp_path: Path,
) -> None:
    rate = RATES[1]
    (tmp_path / "a.mov").touch()
    shot = Shot(Medium("a.mov"), Fraction(0), Fraction(2), Fraction(4))
    cut = Cut("c", rate, 0, (Lane("V1", (shot,)),))
    search = MediaSearch(tmp_path / "c.edl")
    (piece,) = picture_of(cut, search, lambda _: looked(rate)).marked.pieces
    assert piece.media_start == 100


@pytest.mark.parametrize(("speed", "middle"), [("2", 120), ("1/2", 105), ("-1", 90), ("0", 100)])
def test_a_retimed_piece_is_cut_at_its_own_speed(tmp_path: Path, speed: str, middle: int) -> None:
    rate = RATES[1]
    (tmp_path / "a.mov").touch()
    shot = Shot(Medium("a.mov"), Fraction(0), Fraction(2), Fraction(4), Fraction(speed))
    cut = Cut("c", rate, 0, (Lane("V1", (shot,)),))
    whole = picture_of(cut, MediaSearch(tmp_path / "c"), lambda _: Probe(rate.exact, Fraction(0)))
    (piece,) = within(whole.marked, 10, 20).pieces
    assert (piece.start, piece.stop, piece.media_start, piece.speed) == (10, 20, middle, speed)


def test_a_speed_that_changes_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mov").touch()
    shot = Shot(Medium("a.mov"), Fraction(0), Fraction(2), Fraction(4), None, "ramp")
    cut = Cut("c", RATES[1], 0, (Lane("V1", (shot,)),))
    picture = picture_of(cut, MediaSearch(tmp_path / "c"), lambda _: looked(RATES[1]))
    assert picture.marked.pieces == ()
    assert "ramp changes its speed" in picture.missing[0]


# Media


def test_media_is_found_beside_the_timeline_by_name_and_in_named_folders(tmp_path: Path) -> None:
    for folder in ("cut/media", "store"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "cut/media/A.MOV").touch()
    (tmp_path / "store/b.mov").touch()
    search = MediaSearch(tmp_path / "cut/reel.edl", [tmp_path / "store"])
    assert search.find("/Volumes/gone/a.mov") == (tmp_path / "cut/media/A.MOV").resolve()
    assert search.find(r"D:\gone\b.mov") == (tmp_path / "store/b.mov").resolve()
    assert search.find("b") == (tmp_path / "store/b.mov").resolve()


def test_missing_media_and_media_of_one_name_are_sentences(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mov").touch()
    search = MediaSearch(tmp_path / "reel.edl")
    for address, word in (
        ("/gone/a.mov", "2 times"),
        ("/gone/c.mov", "not there"),
        ("", "without"),
    ):
        with pytest.raises(CuelockError, match=word) as caught:
            search.find(address)
        assert caught.value.code == "media.missing"


@pytest.mark.parametrize(
    "name", ["/cuts/50% off #2.mov", "C:/cuts/a b.mov", "//server/share/a.mov"]
)
def test_an_address_is_a_url_and_back(name: str) -> None:
    from host_bridge.exchange.files import address_of

    assert address_of(url_of(name)) == name


def test_missing_media_keeps_the_host_from_reading_the_range(tmp_path: Path) -> None:
    host = host_of(tmp_path, "otio", RATES[1], STARTS[0])
    (tmp_path / "b.mov").unlink()
    host = ExchangeHost(
        tmp_path / "reel.otio", tmp_path / "o.otio", "otio", lambda _: looked(RATES[1])
    )
    with pytest.raises(CuelockError, match=r"b\.mov"):
        host.marked()
    assert len(host.picture().marked.pieces) == 1


# The command


@pytest.mark.parametrize("form", ["otio", "fcp7"])
def test_a_user_has_a_range_of_a_timeline_made_and_made_anew(
    tmp_path: Path, resident: Path, form: str
) -> None:
    rate = Rate.parse("30")
    clip = tmp_path / "bounce.mp4"
    clip.write_bytes(BOUNCE.read_bytes())
    shot = Shot(Medium(str(clip)), Fraction(0), Fraction(8), Fraction(0))
    timeline = tmp_path / "reel.otio"
    write_cut(Cut("reel", rate, 108_000, (Lane("V1", (shot,)),)), timeline, "otio")
    to = tmp_path / f"sound{FORMATS[form].ending}"
    words = ["hosts", "timeline", str(timeline), "--in", "01:00:02:00", "--out", "01:00:03:00"]
    words += ["--to", str(to)]
    assert main([*words, "--text", "wood is hit"]) == 0
    assert main([*words, "--anew"]) == 0
    first, second = (lane.shots for lane in read_cut(to).sounds)
    assert [shot.start for shot in (*first, *second)] == [2, 2]
    assert first[0].medium.address != second[0].medium.address
    assert [shot.medium.address for shot in read_cut(to).seen] == [str(clip)]


def test_an_engine_that_is_away_or_busy_is_told_and_no_timeline_is_written(
    tmp_path: Path, busy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "bounce.mp4"
    clip.write_bytes(BOUNCE.read_bytes())
    shot = Shot(Medium(str(clip)), Fraction(0), Fraction(8), Fraction(0))
    timeline = tmp_path / "reel.otio"
    write_cut(Cut("reel", Rate.parse("30"), 0, (Lane("V1", (shot,)),)), timeline, "otio")
    words = ["hosts", "timeline", str(timeline), "--text", "wood is hit"]
    there = {*tmp_path.iterdir()}
    assert main(words) == 3
    assert "The queue is full." in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setenv("CUELOCK_ENGINE", str(tmp_path / "away.json"))
        assert main(words) == 2
    assert "away.json" in capsys.readouterr().err
    assert {*tmp_path.iterdir()} == there


def test_a_timeline_is_not_written_over_and_a_format_is_named_that_can_be_read(
    tmp_path: Path,
) -> None:
    timeline = timeline_of(tmp_path, RATES[1], STARTS[1], ("a.mov", 0, 50, 10))
    before = timeline.read_bytes()
    assert main(["hosts", "timeline", str(timeline), "--to", str(timeline)]) == 2
    assert main(["hosts", "timeline", str(timeline), "--to", str(tmp_path / "cues.csv")]) == 2
    assert timeline.read_bytes() == before
