"""`cuelock doctor` says who holds the engine's home, and whether what it keeps is whole."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from resident_engine import stopped
from take_factory import finished, kept, opened

from engine.cli.doctor import examine
from engine.cli.holders import check_engine, check_stored_files
from host_bridge import client
from host_bridge.protocol import Check


def checked(check: object) -> Check:
    (found,) = examine([check])  # type: ignore[list-item]
    return found


def test_the_engine_that_holds_the_home_is_named_with_its_lock(own_home: Path) -> None:
    assert checked(check_engine).detail.startswith("none runs")
    with client.connect() as engine:
        pid = engine.address.pid
        found = checked(check_engine)
    assert found.state == "ok"
    for said in (f"pid {pid} since 2", "workers: none", str(own_home / "run" / "engine.lock")):
        assert said in found.detail
    psutil.Process(pid).kill()
    for process in client.started:
        process.wait(20)
    left = checked(check_engine)
    assert left.state == "warn"
    assert f"is of pid {pid}, which is gone" in left.detail
    with client.connect():
        assert checked(check_engine).state == "ok"
    stopped()


@pytest.mark.parametrize("harm", ["rot", "loss"])
def test_a_stored_file_that_is_no_longer_whole_is_found(
    own_home: Path, tmp_path: Path, harm: str
) -> None:
    assert checked(check_stored_files).detail == "0 are whole"
    with opened(own_home / "takes") as store:
        kept(store, finished(tmp_path / "out", "aa00000001"))
        digest = sorted(store.blobs.all())[0]
        path = store.blobs.path(digest)
    assert checked(check_stored_files).detail == "3 are whole"
    if harm == "rot":
        path.chmod(0o600)
        os.truncate(path, 1)
    else:
        path.unlink()
    found = checked(check_stored_files)
    assert found.state == "fail"
    assert digest[:12] in found.detail
