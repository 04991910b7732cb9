"""What goes out comes in, in every format that can be read; and what other readers see in it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import aaf2
import opentimelineio as otio
import pycmx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cuts import PAIRS, RATES, STARTS, STEM, cuts, film, held, stem

from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS, READABLE, Cut, read_cut, write_cut
from host_bridge.exchange.cut import Lane, Medium, Shot, flattened
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, Marker


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


def there_and_back(cut: Cut, folder: Path, form: str) -> Cut:
    path = folder / f"cut{FORMATS[form].ending}"
    write_cut(cut, path, form)
    return read_cut(path, cut.rate if form == "edl" else None)


@pytest.mark.parametrize("form", ["otio", "fcp7", "fcpxml", "edl"])
@given(data=st.data())
@settings(max_examples=20)
def test_what_goes_out_comes_in(form: str, folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    assert there_and_back(cut, folder, form) == held(cut, form)


@given(data=st.data())
@settings(max_examples=5)  # each has its sounds inside
def test_what_goes_into_an_aaf_comes_out(folder: Path, data: st.DataObject) -> None:
    cut = data.draw(cuts(folder))
    assert there_and_back(cut, folder, "aaf") == cut


# What a format says to readers that are not ours


def small(folder: Path, rate: Rate, start: str, channels: int = 1) -> Cut:
    """Two clips with a gap between them, and a stem that begins between two frames."""
    first = frame_of_label(start, rate)
    midnight = Fraction(sample_of_frame(first, rate, SAMPLE_RATE), SAMPLE_RATE)
    medium = film(rate)
    shots = [
        Shot(medium, Fraction(a) / rate.exact, Fraction(b) / rate.exact,
             (medium.origin or 0) + s / rate.exact, name="a scene")
        for a, b, s in ((0, 48, 10), (60, 90, 200))
    ]  # fmt: skip
    sound = stem(folder, f"{channels} rain.wav", Fraction(12_345, SAMPLE_RATE), midnight, channels)
    return Cut("Reel 1", rate, first, (Lane("V1", tuple(shots)),),
               (Lane("cuelock 1", (sound,), channels=channels),),
               (Marker(frame=FrameIndex(30), name="door", key="cuelock:door"),))  # fmt: skip


each_rate = pytest.mark.parametrize("rate", RATES, ids=str)
each_start = pytest.mark.parametrize("start", STARTS)


@each_rate
@each_start
def test_otio_itself_finds_the_stem_at_its_sample(folder: Path, rate: Rate, start: str) -> None:
    cut = small(folder, rate, start)
    write_cut(cut, folder / "a.otio", "otio")
    timeline = otio.adapters.read_from_file(str(folder / "a.otio"))
    assert timeline.global_start_time.value == cut.first
    (track,) = timeline.audio_tracks()
    (clip,) = track.find_clips()
    place = clip.range_in_parent()
    assert (place.start_time.value, place.start_time.rate) == (12_345, SAMPLE_RATE)
    assert place.duration.value == STEM
    pictures = [clip.range_in_parent() for clip in timeline.video_tracks()[0].find_clips()]
    assert [(p.start_time.value, p.duration.value) for p in pictures] == [(0, 48), (60, 30)]


@each_rate
@each_start
def test_the_fcp7_reader_of_otio_sees_the_same_cut(folder: Path, rate: Rate, start: str) -> None:
    cut = small(folder, rate, start)
    write_cut(cut, folder / "a.xml", "fcp7")
    timeline = otio.adapters.read_from_file(str(folder / "a.xml"), "fcp_xml")
    assert timeline.global_start_time.value == cut.first
    clips = list(timeline.video_tracks()[0].find_clips())
    pictures = [clip.range_in_parent() for clip in clips]
    assert [(p.start_time.value, p.duration.value) for p in pictures] == [(0, 48), (60, 30)]
    assert clips[0].media_reference.target_url == "file:///cuts/a%20scene.mov"
    (sound,) = timeline.audio_tracks()[0].find_clips()
    frame = cut.frame(Fraction(12_345, SAMPLE_RATE))
    assert sound.range_in_parent().start_time.value == frame


@each_rate
@each_start
def test_pycmx_reads_events_of_picture_and_sound(folder: Path, rate: Rate, start: str) -> None:
    cut = small(folder, rate, start)
    write_cut(cut, folder / "a.edl", "edl")
    with (folder / "a.edl").open(encoding="utf-8") as file:
        events = list(pycmx.parse_cmx3600(file).events)
    edits = [edit for event in events for edit in event.edits]
    frame = cut.frame(Fraction(12_345, SAMPLE_RATE))
    assert [(e.channels.video, e.channels.a1, e.record_in) for e in edits] == [
        (True, False, label_of_frame(cut.first, rate)),
        (False, True, label_of_frame(cut.first + frame, rate)),
        (True, False, label_of_frame(cut.first + 60, rate)),
    ]
    assert [edit.clip_name for edit in edits] == ["a scene", "1 rain.wav", "a scene"]
    assert edits[0].source_file == "/cuts/a scene.mov"


@pytest.mark.parametrize(("rate", "start"), PAIRS)
def test_pyaaf2_finds_the_sound_inside_at_its_sample(folder: Path, rate: Rate, start: str) -> None:
    cut = small(folder, rate, start)
    write_cut(cut, folder / "a.aaf", "aaf")
    with aaf2.open(str(folder / "a.aaf"), "r") as file:
        (composition,) = file.content.toplevel()
        slots = {slot.name: slot for slot in composition.slots}
        code = slots["TC"].segment
        assert (code.start, code.fps, code.drop) == (cut.first, rate.nominal, rate.drop)
        assert Fraction(slots["TC"].edit_rate) == rate.exact
        sound = slots["cuelock 1"]
        assert sound.edit_rate == SAMPLE_RATE
        filler, clip = sound.segment.components
        assert (filler.length, clip.length, clip.start) == (12_345, STEM, 0)
        master = clip.mob
        physical = master.slot_at(clip.slot_id).segment.mob
        physical.export_audio(str(folder / "out.wav"))
    assert (folder / "out.wav").read_bytes()[44:] == (folder / "1 rain.wav").read_bytes()[44:]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_aaf_reader_of_otio_sees_the_same_cut(folder: Path) -> None:
    cut = small(folder, Rate.parse("25"), "01:00:00:00")
    write_cut(cut, folder / "a.aaf", "aaf")
    timeline = otio.adapters.read_from_file(str(folder / "a.aaf"))
    (sound,) = timeline.audio_tracks()
    (clip,) = sound.find_clips()
    place = clip.range_in_parent()
    assert (place.start_time.value, place.start_time.rate) == (12_345, SAMPLE_RATE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_fcpxml_reader_of_otio_sees_the_same_picture_where_it_can_read_at_all(
    folder: Path,
) -> None:
    cut = small(folder, Rate.parse("25"), "01:00:00:00")
    write_cut(cut._replace(sounds=(), markers=()), folder / "a.fcpxml", "fcpxml")
    read = otio.adapters.read_from_file(str(folder / "a.fcpxml"), "fcpx_xml")
    (timeline,) = read.find_children(descended_from_type=otio.schema.Timeline)
    pictures = [clip.range_in_parent() for clip in timeline.video_tracks()[0].find_clips()]
    # It counts from midnight.
    assert [(p.start_time.value - cut.first, p.duration.value) for p in pictures] == [
        (0, 48),
        (60, 30),
    ]


@each_rate
@each_start
def test_fcpxml_times_are_whole_frames_and_samples(folder: Path, rate: Rate, start: str) -> None:
    from xml.etree import ElementTree as ET

    write_cut(small(folder, rate, start), folder / "a.fcpxml", "fcpxml")
    root = ET.parse(folder / "a.fcpxml").getroot()
    frame = Fraction(root.findtext("x") or root[0][0].get("frameDuration", "0").rstrip("s"))
    assert frame == 1 / rate.exact
    for clip in root.iter("asset-clip"):
        step = frame if clip.get("lane") is None else Fraction(1, SAMPLE_RATE)
        for name in ("start", "duration") if clip.get("lane") else ("offset", "start", "duration"):
            assert (Fraction(clip.get(name, "").rstrip("s")) / step).denominator == 1, name


@pytest.mark.parametrize("form", ["edl", "aaf"])
def test_a_stereo_stem_stands_on_two_mono_tracks(folder: Path, form: str) -> None:
    back = there_and_back(small(folder, RATES[0], STARTS[1], channels=2), folder, form)
    assert len(back.sounds) == 2
    assert [lane.shots[0].start for lane in back.sounds] == [back.sounds[0].shots[0].start] * 2


@pytest.mark.parametrize("form", ["otio", "fcp7", "fcpxml"])
def test_a_stereo_stem_stays_one(folder: Path, form: str) -> None:
    cut = small(folder, RATES[0], STARTS[1], channels=2)
    assert there_and_back(cut, folder, form) == held(cut, form)


def test_each_channel_of_a_stereo_stem_is_its_own_in_an_aaf(folder: Path) -> None:
    write_cut(small(folder, RATES[0], STARTS[1], channels=2), folder / "a.aaf", "aaf")
    whole = (folder / "2 rain.wav").read_bytes()[44:]
    with aaf2.open(str(folder / "a.aaf"), "r") as file:
        (composition,) = file.content.toplevel()
        for side, name in enumerate(("cuelock 1 L", "cuelock 1 R")):
            slot = next(slot for slot in composition.slots if slot.name == name)
            clip = list(slot.segment.components)[-1]
            clip.mob.slot_at(clip.slot_id).segment.mob.export_audio(str(folder / "side.wav"))
            samples = [whole[n + 3 * side : n + 3 * side + 3] for n in range(0, len(whole), 6)]
            assert (folder / "side.wav").read_bytes()[44:] == b"".join(samples)


# Reels as other programs write them


XMEML = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE xmeml><xmeml version="4">
<project><children><sequence id="s1"><name>cut</name>
<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>
<timecode><rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><string>01:00:00;00</string>
<frame>107892</frame><displayformat>DF</displayformat></timecode>
<media><video><track>
<clipitem id="c1"><name>a</name><rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>
<start>0</start><end>-1</end><in>100</in><out>140</out>
<file id="f1"><name>a.mov</name><pathurl>file://localhost/cuts/a%20b.mov</pathurl>
<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><duration>900</duration>
<timecode><string>00:00:10;00</string><frame>300</frame><displayformat>DF</displayformat></timecode>
<media><video/></media></file></clipitem>
<transitionitem><start>30</start><end>40</end><alignment>center</alignment></transitionitem>
<clipitem id="c2"><name>a</name><start>-1</start><end>60</end><in>500</in><out>530</out>
<file id="f1"/></clipitem>
<generatoritem><start>60</start><end>70</end></generatoritem>
<clipitem id="c3"><name>nest</name><start>70</start><end>90</end><in>5</in><out>25</out>
<sequence id="s2"><name>n</name><rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><media><video>
<track>
<clipitem id="c4"><start>0</start><end>15</end><in>0</in><out>15</out><file id="f1"/></clipitem>
<clipitem id="c5"><enabled>FALSE</enabled><start>15</start><end>50</end><in>0</in><out>35</out>
<file id="f1"/></clipitem></track></video></media></sequence></clipitem>
</track></video></media></sequence></children></project></xmeml>"""


def frames_of(cut: Cut) -> list[tuple[int, int, int]]:
    """Start and stop of every shot, and the medium's frame from its first picture on."""
    return [
        (cut.frame(s.start), cut.frame(s.stop), cut.frame(s.source - (s.medium.origin or 0)))
        for s in cut.seen
    ]


def test_an_xmeml_with_a_dissolve_and_a_nest_is_cuts(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(XMEML)
    cut = read_cut(tmp_path / "a.xml")
    assert (str(cut.rate), cut.first) == ("30000/1001 DF", 107_892)
    assert {shot.medium.address for shot in cut.seen} == {"/cuts/a b.mov"}
    assert frames_of(cut) == [(0, 35, 100), (35, 60, 505), (70, 80, 5)]


FCPXML = """<?xml version="1.0"?><!DOCTYPE fcpxml><fcpxml version="1.8"><resources>
<format id="r1" frameDuration="1001/24000s"/><format id="r9" frameDuration="100/2500s"/>
<asset id="r2" name="a" src="file:///cuts/a.mov" start="3600s" duration="100s"
 hasVideo="1" format="r1"/>
<media id="r3" name="nest"><sequence format="r1" tcStart="0s"><spine>
<asset-clip ref="r2" offset="0s" start="3610s" duration="5005/1000s"/></spine></sequence></media>
</resources><library><event><project name="cut"><sequence format="r1" tcStart="3600s"
 tcFormat="NDF">
<spine>
<asset-clip ref="r2" offset="3600s" start="3610s" duration="1001/1000s" name="one">
  <video ref="r2" lane="1" offset="361001001/100000s" start="3650s" duration="1001/2000s"/>
</asset-clip>
<gap offset="3601001/1000s" start="0s" duration="1001/1000s"/>
<ref-clip ref="r3" offset="3602002/1000s" start="1001/1000s" duration="2002/1000s"/>
<asset-clip ref="r2" offset="3604004/1000s" start="10s" duration="1001/1000s"><timeMap>
<timept time="10s" value="3620s" interp="linear"/><timept time="20s" value="3640s" interp="linear"/>
</timeMap></asset-clip>
<title offset="3605005/1000s" duration="1001/1000s"/>
</spine></sequence></project></event></library></fcpxml>"""


def test_an_fcpxml_with_a_connected_clip_a_compound_and_a_retime_is_followed(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.fcpxml").write_text(FCPXML)
    cut = read_cut(tmp_path / "a.fcpxml")
    assert (str(cut.rate), cut.first) == ("24000/1001", round(3600 * RATES[0].exact))
    one, late = Fraction(1001, 1000), Fraction(1001, 100_000)
    assert [(s.start, s.stop, s.source, s.speed) for s in cut.seen] == [
        (0, late, 3610, 1),
        (late, late + one / 2, 3650, 1),
        (late + one / 2, one, 3610 + late + one / 2, 1),
        (2 * one, 4 * one, 3610 + one, 1),
        (4 * one, 5 * one, 3620, 2),
    ]


def test_upper_tracks_cover_and_titles_do_not(tmp_path: Path) -> None:
    medium = Medium("a.mov")
    low, high = (
        Shot(medium, Fraction(a), Fraction(b), Fraction(s)) for a, b, s in ((0, 9, 5), (2, 3, 50))
    )
    assert [
        (s.start, s.stop, s.source) for s in flattened([Lane("1", (low,)), Lane("2", (high,))])
    ] == [
        (0, 2, 5),
        (2, 3, 50),
        (3, 9, 8),
    ]


# What is refused


@pytest.mark.parametrize("ending", READABLE)
@pytest.mark.parametrize("content", [b"", b"\x00\xff no timeline", b"<a/>", b"{}"])
def test_a_file_that_is_no_timeline_is_a_sentence(
    tmp_path: Path, ending: str, content: bytes
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(CuelockError) as caught:
        read_cut(path, Rate.parse("25"))
    assert caught.value.code == "request.path"
    assert path.name in caught.value.message


@pytest.mark.parametrize("ending", READABLE)
def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path, ending: str) -> None:
    with pytest.raises(CuelockError) as caught:
        read_cut(tmp_path / f"a{ending}", Rate.parse("25"))
    assert caught.value.code == "request.path"


def test_an_edl_needs_a_rate(tmp_path: Path) -> None:
    write_cut(
        Cut(
            "a",
            RATES[1],
            0,
            (Lane("V1", (Shot(film(RATES[1]), Fraction(0), Fraction(1), Fraction(0)),)),),
        ),
        tmp_path / "a.edl",
        "edl",
    )
    with pytest.raises(CuelockError) as caught:
        read_cut(tmp_path / "a.edl")
    assert caught.value.code == "request.rate"


def test_five_channels_are_too_many_for_an_edl_and_nothing_is_written(
    folder: Path, tmp_path: Path
) -> None:
    cut = small(folder, RATES[1], STARTS[1])
    lanes = tuple(cut.sounds[0]._replace(name=f"cuelock {n}") for n in range(5))
    with pytest.raises(CuelockError) as caught:
        write_cut(cut._replace(sounds=lanes), tmp_path / "a.edl", "edl")
    assert caught.value.code == "host.refused"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["aaf", "folder"])
def test_a_stem_that_is_gone_leaves_nothing_behind(tmp_path: Path, form: str) -> None:
    cut = small(tmp_path, RATES[1], STARTS[1])
    lost = cut.sounds[0].shots[0]
    lost = lost._replace(medium=lost.medium._replace(address="/gone/rain.wav"))
    out = tmp_path / "out"
    with pytest.raises(CuelockError) as caught:
        write_cut(cut._replace(sounds=(Lane("cuelock 1", (lost,)),)), out / "a", form)
    assert caught.value.code == "media.missing"
    assert not list(out.iterdir())


@pytest.mark.parametrize("form", FORMATS)
def test_a_folder_that_cannot_be_written_is_a_sentence(
    folder: Path, tmp_path: Path, form: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CuelockError) as caught:
        write_cut(small(folder, RATES[1], STARTS[1]), tmp_path / "file" / "a", form)
    assert caught.value.code == "disk.readonly"
