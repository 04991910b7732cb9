"""Stems read back by readers that are not ours."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile
import wavinfo
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.stems.bwf import AI_SOURCE, StemInfo, write_stem
from engine.stems.level import Loudness
from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate

LEVEL = Loudness(-27.14, 6.5, -20.0, -22.25, -3.21)


def info(samples: int, **changes: Any) -> StemInfo:
    return StemInfo(
        **{
            "clip": "scene 4.mov",
            "layer": "footsteps on gravel",
            "take": "8c1f00d5ab",
            "time_reference": 173_068_896,
            "rate": Rate.parse("23.976"),
            "channels": 1,
            "samples": samples,
            "date": "2026-03-04 05:06:07",
            "bundle": "small",
            "licence": "Apache-2.0",
            "seed": 7,
            "curves_sha256": "ab" * 32,
            **changes,
        }
    )


def noise(samples: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.9, 0.9, (samples, channels))


@settings(max_examples=25)
@given(samples=st.integers(1, 5000), block=st.integers(1, 900), channels=st.sampled_from([1, 2]))
def test_samples_come_back_to_the_bit_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, samples: int, block: int, channels: int
) -> None:
    path = tmp_path_factory.mktemp("stems") / "s.wav"
    sound = noise(samples, channels)
    blocks = (sound[at : at + block] for at in range(0, samples, block))
    write_stem(path, blocks, info(samples, channels=channels), LEVEL)
    back, rate = soundfile.read(path, dtype="int32", always_2d=True)
    assert rate == 48_000
    np.testing.assert_array_equal(back >> 8, np.round(sound * (2**23 - 1)))


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    path = tmp_path / "s.wav"
    write_stem(path, [noise(168_168)], info(168_168), LEVEL)
    return path


def test_wavinfo_reads_time_reference_loudness_and_names(stem: Path) -> None:
    read = wavinfo.WavInfoReader(str(stem))
    assert read.data.frame_count == 168_168
    bext = read.bext
    assert (bext.version, bext.time_reference) == (2, 173_068_896)
    assert (bext.originator, bext.originator_date) == ("cuelock", "2026-03-04")
    assert bext.loudness_value == pytest.approx(-27.14)
    assert bext.max_true_peak == pytest.approx(-3.21)
    assert read.ixml.take == "8c1f00d5ab"
    assert [track.name for track in read.ixml.track_list] == ["footsteps on gravel"]


def test_ffprobe_and_mediainfo_agree_on_format_and_time(stem: Path) -> None:
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(stem)]
    probed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    stream = probed["streams"][0]
    assert (stream["codec_name"], stream["duration_ts"]) == ("pcm_s24le", 168_168)
    assert probed["format"]["tags"]["time_reference"] == "173068896"
    told = subprocess.run(
        ["mediainfo", "--Output=JSON", str(stem)], check=True, capture_output=True
    ).stdout
    tracks = {track["@type"]: track for track in json.loads(told)["media"]["track"]}
    assert tracks["Audio"]["SamplingCount"] == "168168"
    assert tracks["Audio"]["BitDepth"] == "24"
    # MediaInfo gives the delay in seconds: the time reference over the sample rate.
    assert float(tracks["Audio"]["Delay"]) == pytest.approx(173_068_896 / 48_000, abs=0.002)


def _chunks(path: Path) -> dict[bytes, bytes]:
    content = path.read_bytes()
    found: dict[bytes, bytes] = {}
    at = 12
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        found[content[at : at + 4]] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_provenance_says_trained_algorithmic_media(stem: Path) -> None:
    packet = _chunks(stem)[b"_PMX"].decode()
    root = ET.fromstring(packet[packet.index("<x:xmpmeta") : packet.index("<?xpacket end")])
    texts = {element.tag.partition("}")[2]: element.text for element in root.iter()}
    assert texts["DigitalSourceType"] == AI_SOURCE
    assert (texts["Bundle"], texts["Seed"], texts["CurvesSHA256"]) == ("small", "7", "ab" * 32)


def test_ixml_tells_rate_and_counting(tmp_path: Path) -> None:
    path = tmp_path / "df.wav"
    high = 2**32 + 5
    told = info(10, rate=Rate.parse("29.97 DF"), time_reference=high)
    write_stem(path, [noise(10)], told, LEVEL)
    speed = ET.fromstring(_chunks(path)[b"iXML"]).find("SPEED")
    assert speed is not None
    # Where one of them is another than the sequence's, an editor plays the file at that speed.
    for rate in ("MASTER_SPEED", "CURRENT_SPEED", "TIMECODE_RATE"):
        assert speed.findtext(rate) == "30000/1001"
    assert speed.findtext("TIMECODE_FLAG") == "DF"
    assert speed.findtext("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI") == "1"
    assert speed.findtext("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO") == "5"
    assert wavinfo.WavInfoReader(str(path)).bext.time_reference == high


def test_beyond_the_limit_a_file_is_rf64_and_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    sound = noise(20_001)
    write_stem(path, [sound], info(20_001), LEVEL, riff_limit=10_000)
    content = path.read_bytes()
    assert content[:4] == b"RF64"
    assert content[12:16] == b"ds64"
    assert int.from_bytes(content[20:28], "little") == len(content) - 8
    back, _ = soundfile.read(path, dtype="int32")
    np.testing.assert_array_equal(back >> 8, np.round(sound[:, 0] * (2**23 - 1)))
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    probed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert probed["streams"][0]["duration_ts"] == 20_001


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([np.zeros(9)], "internal.length"),
        ([np.zeros(11)], "internal.length"),
        ([np.full(10, np.nan)], "internal.non_finite"),
        ([np.full(10, 1.01)], "internal.clipped"),
    ],
)
def test_what_is_no_stem_is_refused_and_nothing_is_left(
    tmp_path: Path, blocks: list[np.ndarray], code: str
) -> None:
    with pytest.raises(CuelockError) as caught:
        write_stem(tmp_path / "s.wav", blocks, info(10), LEVEL)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing_and_the_old_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    path.write_bytes(b"finished before")

    def blocks() -> Iterator[np.ndarray]:
        yield noise(5)
        raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError):
        write_stem(path, blocks(), info(10), LEVEL)
    assert path.read_bytes() == b"finished before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CuelockError) as caught:
        write_stem(tmp_path / "no" / "s.wav", [noise(10)], info(10), LEVEL)
    assert caught.value.code == "disk.readonly"
