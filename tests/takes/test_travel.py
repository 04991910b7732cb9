"""What clients of other machines sent stays as long as a job or a take needs it."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import msgspec
import pytest
from take_factory import committed, finished, kept, opened

from engine.service.journal import Store
from engine.takes import history, jobs
from host_bridge.protocol import Layer, RenderRequest, Submit
from media.sparse import pack

LAYER = Layer(name="rain", prompt="rain falls", seed=1)


def sent(store: Store, kind: str, content: bytes) -> RenderRequest:
    """A request for a clip that was sent, and whose file lies there since 1970."""
    digest = store.blobs.add_stream(io.BytesIO(content))
    asked = RenderRequest(clip=f"{kind}:{digest}/clip.mov", layers=(LAYER,), to="")
    here = store.travel.here(asked, "job")
    assert isinstance(here, RenderRequest)
    os.utime(Path(here.clip).parent, (0, 0))
    return asked


def laid_out(store: Store, asked: RenderRequest) -> Path:
    here = store.travel.here(asked, "job")
    assert isinstance(here, RenderRequest)
    return Path(here.clip)


def test_what_nobody_needs_any_more_goes(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    (tmp_path / "clip.mov").write_bytes(bytes(5000))
    pack(tmp_path / "clip.mov", [(0, 1024)], archive)
    with opened(tmp_path / "store") as store:
        files = [
            laid_out(store, sent(store, kind, content))
            for kind, content in (("blob", b"a clip"), ("sparse", archive.read_bytes()))
        ]
        for file in files:
            assert file.exists()
        with committed(store):
            found = history.collect(*store)
        assert [file.parent.exists() for file in files] == [False, False]
        assert (found.files, found.bytes) == (2, 5000)  # the blob itself is young


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_a_living_job_asked_for_stays(tmp_path: Path, state: str) -> None:
    with opened(tmp_path / "store") as store:
        asked = sent(store, "blob", b"a clip")
        params = msgspec.Raw(msgspec.msgpack.encode(asked))
        jobs.submit(store.db, "client", Submit(job="job", kind="render", params=params))
        if state == "running":
            jobs.begin_attempt(store.db, "job", "epoch")
        history.collect(*store)
        inbox = tmp_path / "store" / "inbox"
        assert len(list(inbox.iterdir())) == 1
        jobs.step(store.db, "job", "cancelled")
        history.collect(*store)
        assert list(inbox.iterdir()) == []


def test_what_a_take_was_made_from_stays_and_what_is_young_too(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as store:
        file = laid_out(store, sent(store, "blob", b"a clip"))
        take = finished(tmp_path / "to", hashlib.sha256(b"a").hexdigest()[:10])
        request = msgspec.structs.replace(take.request, clip=str(file))
        kept(store, msgspec.structs.replace(take, request=request))
        history.collect(*store)
        assert file.exists()
        store.db.execute("DELETE FROM take_blob")
        store.db.execute("DELETE FROM take")
        os.utime(file.parent)
        history.collect(*store)
        assert file.exists()
        os.utime(file.parent, (0, 0))
        history.collect(*store)
        assert not file.exists()
