"""Sessions on disk: what goes in comes out, and a disk that takes nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_bridge.errors import CuelockError
from plugin_ui.keeper import Keeper, folder, last_clip, read_session, session_path
from plugin_ui.session import Region, Session, Work


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


def test_a_session_comes_back_as_it_was_kept(keeper: Keeper) -> None:
    session = Session(clip="/a.mov", work=Work(region=Region(3, 9)), playhead=4, window=b"\0\1")
    keeper.keep(session)
    assert read_session("/a.mov") == session
    assert last_clip() == "/a.mov"
    assert read_session("/b.mov") == Session(clip="/b.mov")


def test_a_damaged_session_is_set_aside_and_a_newer_one_refused(keeper: Keeper) -> None:
    keeper.keep(Session(clip="/a.mov", version=2))
    with pytest.raises(CuelockError, match="newer cuelock"):
        read_session("/a.mov")
    session_path("/a.mov").write_bytes(b"\xc1 no session")
    assert read_session("/a.mov") == Session(clip="/a.mov")
    assert session_path("/a.mov").with_suffix(".damaged").read_bytes() == b"\xc1 no session"


def test_a_disk_that_takes_nothing_is_said_and_the_next_edit_tries_again(keeper: Keeper) -> None:
    Path(folder()).write_text("a file where the folder should be")
    with pytest.raises(CuelockError) as raised:
        keeper.keep(Session(clip="/a.mov"))
    assert raised.value.code == "disk.full"
    Path(folder()).unlink()
    keeper.keep(Session(clip="/a.mov"))
    assert read_session("/a.mov") == Session(clip="/a.mov")
