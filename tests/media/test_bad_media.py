"""Every bad input is refused in words, with its code, and nothing else is said or left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from media_factory import Movie, write_numbered

from host_bridge.errors import CuelockError
from media.clip import open_clip
from media.container import open_container
from media.decode import pictures


def _missing(folder: Path) -> Path:
    return folder / "nowhere.mov"


def _zero_byte(folder: Path) -> Path:
    return folder / "clip\0.mov"


def _below_a_file(folder: Path) -> Path:
    return _empty(folder) / "clip.mov"


def _folder(folder: Path) -> Path:
    return folder


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mov")
    return folder / "pipe.mov"


def _empty(folder: Path) -> Path:
    (folder / "empty.mov").touch()
    return folder / "empty.mov"


def _noise(folder: Path) -> Path:
    (folder / "noise.mov").write_bytes(np.random.default_rng(0).bytes(20_000))
    return folder / "noise.mov"


def _text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("Footsteps, then a door.\n" * 50)
    return folder / "notes.txt"


def _subtitles(folder: Path) -> Path:
    (folder / "words.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")
    return folder / "words.srt"


def _playlist(folder: Path) -> Path:
    """Names another file: only the file that was asked for may be read."""
    write_numbered(folder / "part.ts", 25)
    (folder / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n"
    )
    return folder / "list.m3u8"


def _no_index(folder: Path) -> Path:
    path = write_numbered(folder / "copying.mov", 50)
    path.write_bytes(path.read_bytes()[:-1500])
    return path


def _only_a_header(folder: Path) -> Path:
    path = write_numbered(folder / "header.mkv", 50)
    path.write_bytes(path.read_bytes()[:700])
    return path


def _unknown_coder(folder: Path) -> Path:
    path = write_numbered(folder / "future.mp4", 50)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9").replace(b"avcC", b"zzzC"))
    return path


def _encrypted(folder: Path) -> Path:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "ffeeddccbbaa99887766554433221100",
    }
    return write_numbered(folder / "locked.mp4", 50, Movie(container_options=options))


def _sound_only(folder: Path) -> Path:
    path = folder / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _song_with_cover(folder: Path) -> Path:
    path = folder / "song.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def _still(folder: Path) -> Path:
    path = folder / "still.png"
    av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24").save(path)
    return path


BAD: list[tuple[Callable[[Path], Path], str]] = [
    (_missing, "media.missing"),
    (_zero_byte, "media.missing"),
    (_below_a_file, "media.missing"),
    (_folder, "request.path"),
    (_pipe, "request.path"),
    (_empty, "media.empty"),
    (_noise, "media.unreadable"),
    (_text, "media.unreadable"),
    (_subtitles, "media.no_video"),
    (_playlist, "media.unreadable"),
    (_no_index, "media.truncated"),
    (_only_a_header, "media.empty"),
    (_unknown_coder, "media.unreadable"),
    (_encrypted, "media.encrypted"),
    (_sound_only, "media.no_video"),
    (_song_with_cover, "media.no_video"),
    (_still, "media.no_video"),
]


@pytest.mark.parametrize(("make", "code"), BAD, ids=lambda value: getattr(value, "__name__", value))
def test_a_bad_file_is_refused_in_words(
    tmp_path: Path, make: Callable[[Path], Path], code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path)
    there = sorted(tmp_path.iterdir())
    with pytest.raises(CuelockError) as raised:
        open_clip(path)
    error = raised.value
    assert (error.code, error.exit_status) == (code, 2)
    assert path.name in error.message
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
    assert sorted(tmp_path.iterdir()) == there
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused_in_words(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "private.mp4", 5)
    path.chmod(0)
    with pytest.raises(CuelockError, match="Permission denied") as raised:
        open_container(path)
    assert raised.value.code == "request.path"


@pytest.mark.parametrize(("start", "stop"), [(10, 10), (10, 9), (-1, 5), (20, 31), (30, 31)])
def test_a_range_outside_the_clip_or_without_length_is_refused_before_decoding(
    tmp_path: Path, start: int, stop: int
) -> None:
    clip = open_clip(write_numbered(tmp_path / "clip.mp4", 30))
    with pytest.raises(CuelockError, match=f"frame {start} to frame {stop}") as raised:
        pictures(clip, start, stop, rate=clip.rate, size=(64, 32))
    assert (raised.value.code, raised.value.exit_status) == ("request.range", 2)


def test_a_name_that_looks_like_an_address_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_numbered(tmp_path / "clip.mp4", 5).rename(tmp_path / "http:%03d clip.mp4")
    monkeypatch.chdir(tmp_path)
    assert open_clip("http:%03d clip.mp4").frames == 5
