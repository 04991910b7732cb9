"""An engine of another machine: content goes over the wire, paths do not, keys say who may what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from finished_takes import given_of
from media_factory import Movie, write_movie
from resident_engine import ended, request, submitted, until
from studio_engine import at_home, let_in, studio_engine

from engine.service.excerpt import excerpt
from engine.service.regenerate import regenerate
from engine.service.render import render
from host_bridge import client, discovery
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BlobPart,
    BlobState,
    DeliverReply,
    DeliverTake,
    GetBlob,
    JobStatus,
    Most,
    NamedBlob,
    Nothing,
    PutBlob,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    Shutdown,
    TakesReply,
)
from host_bridge.travel import named, parcels

PORT = 47_900


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an engine that listens to a network, and the file of its address."""
    with studio_engine(tmp_path_factory.mktemp("studio"), PORT) as folder:
        yield folder


@pytest.fixture
def guest(own_home: Path, studio: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This test's home belongs to a client of another machine, who may generate."""
    monkeypatch.setenv("CUELOCK_ENGINE", str(studio / "address.json"))
    public = discovery.own_keys("client").public
    let_in(studio, public, "generate")
    yield public
    with at_home(studio):
        discovery.revoke("guest")


def refused(act: object) -> str:
    with pytest.raises(CuelockError) as caught:
        act()  # type: ignore[operator]
    return caught.value.code


def test_a_remote_render_comes_back_into_the_folder_that_was_named(
    guest: str, studio: Path, tmp_path: Path
) -> None:
    asked = request(tmp_path / "stems")
    reply = client.run("render", asked, RenderReply)
    stem = Path(reply.stems[0].path)
    assert stem.parent == tmp_path / "stems"
    assert hashlib.sha256(stem.read_bytes()).hexdigest() == reply.stems[0].sha256
    there = {path.name for path in (tmp_path / "stems").iterdir()}
    assert there == {Path(p).name for p in (stem, reply.plot, reply.preview or "", *reply.curves)}
    assert list((studio / "takes" / "outbox").iterdir()) == []
    again = RegenerateRequest(
        take=reply.take, region_in="10f", region_out="20f", to=str(tmp_path / "again"), steps=2
    )
    later = client.run("regenerate", again, RenderReply)
    assert Path(later.stems[0].path).parent == tmp_path / "again"
    assert later.parent == reply.take


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of noise."""
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(1000))
    movie = Movie(timecode="10:00:00:00", sound=np.zeros(48_000 * 40, np.float32))
    return write_movie(tmp_path_factory.mktemp("long") / "long.mov", noise, movie)


def test_of_a_long_clip_only_what_the_range_needs_is_sent_and_the_stems_are_the_same(
    guest: str, studio: Path, long_clip: Path, tmp_path: Path
) -> None:
    asked = msgspec.structs.replace(
        request(tmp_path / "far"), clip=str(long_clip), range_in="10:00:20:00",
        range_out="10:00:21:00", handles=5,
    )  # fmt: skip
    with excerpt(asked) as part:
        assert part is not None
        assert part.stat().st_size < 0.35 * long_clip.stat().st_size
        far = client.run("render", asked, RenderReply, excerpt=part)
    whole = hashlib.sha256(long_clip.read_bytes()).hexdigest()
    assert not (studio / "takes" / "blobs" / whole[:2] / whole[2:]).exists()
    near = render(msgspec.structs.replace(asked, to=str(tmp_path / "near")))
    assert far.take == near.take
    assert stems(far) == stems(near.reply)
    again = RegenerateRequest(
        take=far.take, region_in="505f", region_out="20.8s", to=str(tmp_path / "far"), steps=2
    )
    later = client.run("regenerate", again, RenderReply)
    here = msgspec.structs.replace(again, to=str(tmp_path / "near"))
    assert stems(later) == stems(regenerate(here, (given_of(near),)).reply)


def stems(reply: RenderReply) -> dict[str, str]:
    """Each stem's name and the hash of its file."""
    paths = [Path(stem.path) for stem in reply.stems]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_clip_that_is_no_archive_with_holes_fails_its_job(guest: str, tmp_path: Path) -> None:
    asked = request(tmp_path)
    code = refused(lambda: client.run("render", asked, RenderReply, excerpt=Path(asked.clip)))
    assert code == "media.unreadable"


def test_paths_of_the_engines_machine_cannot_be_named(guest: str, tmp_path: Path) -> None:
    asked = request(tmp_path)
    with client.connect() as engine:

        def refusal(params: RenderRequest) -> str:
            return refused(lambda: engine.ask("job.submit", submitted(params), JobStatus))

        assert refusal(asked) == "request.path"
        far = named(asked, parcels(asked))
        assert refusal(msgspec.structs.replace(far, to="/tmp")) == "request.path"
        for clip in ("/etc/passwd", f"blob:{'0' * 64}/../../a.mov", "blob:abc/a.mov"):
            assert refusal(msgspec.structs.replace(far, clip=clip)) == "request.path"
        unknown = msgspec.structs.replace(far, clip=f"blob:{'0' * 64}/a.mov")
        assert refusal(unknown) == "blob.unknown"
        body = DeliverTake(take="any", to=str(tmp_path))
        assert refused(lambda: engine.ask("take.deliver", body, DeliverReply)) == "auth.scope"


def test_an_upload_goes_on_where_it_broke_and_is_seen_only_when_it_is_whole(guest: str) -> None:
    content = bytes(range(256)) * 6000
    sha256 = hashlib.sha256(content).hexdigest()

    def chunk(start: int, stop: int, name: str = sha256) -> PutBlob:
        return PutBlob(sha256=name, size=len(content), offset=start, data=content[start:stop])

    with client.connect() as engine:
        assert engine.ask("blob.put", chunk(0, 1000), BlobState).have == 1000
        assert engine.ask("blob.put", chunk(5000, 6000), BlobState).have == 1000  # too early
        assert engine.ask("blob.put", chunk(0, 1000), BlobState).have == 1000  # again
        wanted = GetBlob(sha256=sha256, offset=0, most=10)
        assert refused(lambda: engine.ask("blob.get", wanted, BlobPart)) == "blob.unknown"
    with client.connect() as engine:
        state = engine.ask("blob.state", NamedBlob(sha256=sha256), BlobState)
        while not state.complete:
            end = min(state.have + 500_000, len(content))
            state = engine.ask("blob.put", chunk(state.have, end), BlobState)
        part = engine.ask("blob.get", GetBlob(sha256=sha256, offset=300, most=500), BlobPart)
        assert (part.size, part.data) == (len(content), content[300:800])
        other = hashlib.sha256(b"other").hexdigest()
        engine.ask("blob.put", chunk(0, 1_000_000, other), BlobState)
        last = chunk(1_000_000, len(content), other)
        assert refused(lambda: engine.ask("blob.put", last, BlobState)) == "blob.checksum"
        state = engine.ask("blob.state", NamedBlob(sha256=other), BlobState)
        assert (state.have, state.complete) == (0, False)


def test_a_scope_says_what_a_client_may_do(guest: str, studio: Path, tmp_path: Path) -> None:
    with client.connect() as engine:
        assert refused(lambda: engine.ask("shutdown", Shutdown(), Nothing)) == "auth.scope"
        let_in(studio, guest, "view")
        engine.ask("take.list", Most(), TakesReply)
        wanted = request(tmp_path)
        asked = submitted(named(wanted, parcels(wanted)))
        assert refused(lambda: engine.ask("job.submit", asked, JobStatus)) == "auth.scope"


def test_a_client_sees_its_own_jobs_alone(guest: str, studio: Path, tmp_path: Path) -> None:
    with at_home(studio), client.connect() as own:
        asked = submitted(request(tmp_path))
        own.ask("job.submit", asked, JobStatus)
        until(own, asked.job, ended)
    with client.connect() as engine:
        watch = client.WatchJob(job=asked.job)
        assert refused(lambda: engine.ask("job.watch", watch, client.Watched)) == "job.unknown"


def test_a_file_that_names_no_engine_is_said(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELOCK_ENGINE", str(tmp_path / "nothing.json"))
    assert refused(client.connect) == "request.path"
