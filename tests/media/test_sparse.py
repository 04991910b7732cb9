"""A file with holes travels as one archive, and comes out with its holes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_bridge.errors import CuelockError
from media.sparse import pack, unpack

SIZE = 50_000


@st.composite
def extents(draw: st.DrawFn) -> list[tuple[int, int]]:
    """In order and apart."""
    cuts = sorted(draw(st.sets(st.integers(0, SIZE), max_size=12)))
    return list(zip(cuts[::2], cuts[1::2], strict=False))


@given(kept=extents())
def test_what_is_kept_comes_back_and_the_rest_is_zero(
    kept: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sparse")
    whole = os.urandom(SIZE)
    (folder / "clip.mov").write_bytes(whole)
    os.utime(folder / "clip.mov", (1e9, 1e9))
    pack(folder / "clip.mov", kept, folder / "clip.tar")
    unpack(folder / "clip.tar", folder / "copy.mov")
    copy = (folder / "copy.mov").read_bytes()
    assert len(copy) == SIZE
    near = bytearray(SIZE)
    for start, stop in kept:
        near[max(0, start - 511) : stop + 511] = b"1" * (stop + 511 - max(0, start - 511))
        assert copy[start:stop] == whole[start:stop]
    assert all(byte == 0 for byte, there in zip(copy, near, strict=False) if not there)
    assert (folder / "copy.mov").stat().st_mtime == 1e9
    shutil.rmtree(folder)


def test_a_hole_takes_no_room(tmp_path: Path) -> None:
    with (tmp_path / "clip.mov").open("wb") as file:
        file.write(b"a" * 4096)
        file.truncate(1 << 40)
    pack(tmp_path / "clip.mov", [(0, 4096)], tmp_path / "clip.tar")
    assert (tmp_path / "clip.tar").stat().st_size < 10_000
    unpack(tmp_path / "clip.tar", tmp_path / "copy.mov")
    copy = (tmp_path / "copy.mov").stat()
    assert copy.st_size == 1 << 40
    if hasattr(copy, "st_blocks"):
        assert copy.st_blocks * 512 < 1 << 20


@pytest.mark.skipif(shutil.which("tar") is None, reason="no tar here")
def test_another_program_unpacks_it_too(tmp_path: Path) -> None:
    (tmp_path / "clip.mov").write_bytes(os.urandom(SIZE))
    pack(tmp_path / "clip.mov", [(100, 9000), (20_000, SIZE)], tmp_path / "clip.tar")
    unpack(tmp_path / "clip.tar", tmp_path / "ours.mov")
    (tmp_path / "theirs").mkdir()
    command = ["tar", "xf", str(tmp_path / "clip.tar"), "-C", str(tmp_path / "theirs")]
    subprocess.run(command, check=True)
    theirs = tmp_path / "theirs" / "clip.mov"
    assert theirs.read_bytes() == (tmp_path / "ours.mov").read_bytes()


def _of(path: Path, kind: bytes, name: str) -> None:
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)


@pytest.mark.parametrize("what", ["noise", "cut", "empty", "link", "folder"])
def test_what_is_no_such_archive_is_refused_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    archive = tmp_path / "clip.tar"
    (tmp_path / "clip.mov").write_bytes(os.urandom(SIZE))
    pack(tmp_path / "clip.mov", [(0, 9000)], archive)
    match what:
        case "noise":
            archive.write_bytes(os.urandom(4096))
        case "cut":
            os.truncate(archive, 6000)
        case "empty":
            archive.write_bytes(b"")
        case "link":
            _of(archive, tarfile.SYMTYPE, "a")
        case _:
            _of(archive, tarfile.DIRTYPE, "a")
    (tmp_path / "to").mkdir()
    with pytest.raises(CuelockError) as caught:
        unpack(archive, tmp_path / "to" / "clip.mov")
    assert caught.value.code == "media.unreadable"
    assert list((tmp_path / "to").iterdir()) == []


def test_a_member_that_names_another_folder_stays_here(tmp_path: Path) -> None:
    archive = tmp_path / "clip.tar"
    _of(archive, tarfile.REGTYPE, "../../outside")
    (tmp_path / "to").mkdir()
    unpack(archive, tmp_path / "to" / "clip.mov")
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["clip.mov"]
