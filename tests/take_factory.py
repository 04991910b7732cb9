"""Finished takes with small files, and a store to keep them in, opened as the journal opens it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from engine.service.journal import Store
from engine.takes import history
from engine.takes.blobs import Blobs
from engine.takes.database import open_database
from engine.takes.travel import Travel
from host_bridge.protocol import (
    Change,
    Layer,
    Measures,
    RangeReport,
    RenderReply,
    RenderRequest,
    StemReport,
    TakeRecord,
)

_LAYER = Layer(name="steps", prompt="footsteps on gravel", seed=7)
_RANGE = RangeReport(range_in="01:00:02:00", range_out="01:00:04:00", rate="25", frames=50)
_MEASURES = Measures(
    energy_error_db=0.25, energy_within=1.0, energy_correlation=None, onset_f1=0.5,
    loudness_lufs=-31.5, true_peak_dbtp=-6.0,
)  # fmt: skip


class Problem(NamedTuple):
    """A take whose file is not as it was kept."""

    take: str
    name: str


def finished(
    folder: Path, take: str, *, parent: str | None = None, change: Change | None = None
) -> TakeRecord:
    """A take and its files in a folder: a stem of its own, and curves that all takes share."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, curves, plot = (folder / f"clip_{take}.{end}" for end in ("wav", "npz", "png"))
    stem.write_bytes(f"RIFF sound of {take}".encode() * 99)
    curves.write_bytes(b"curves" * 99)
    plot.write_bytes(f"picture of {take}".encode())
    report = StemReport(
        layer="steps", path=str(stem), sample_rate=48000, channels=1, samples=96000,
        time_reference=172896000, start_timecode="01:00:02:00", handles=0, seed=7,
        sha256=hashlib.sha256(stem.read_bytes()).hexdigest(), variation=0, measures=_MEASURES,
    )  # fmt: skip
    reply = RenderReply(
        take=take, range=_RANGE, stems=(report,), curves=(str(curves),), preview=None,
        plot=str(plot), seconds={"generate": 1.5}, parent=parent,
    )  # fmt: skip
    request = RenderRequest(clip="clip.mov", layers=(_LAYER,), to=str(folder))
    return TakeRecord(take=take, request=request, layers=(_LAYER,), reply=reply, change=change)


@contextmanager
def opened(folder: Path) -> Generator[Store]:
    """The store of a folder, as the journal opens it."""
    with closing(open_database(folder / "takes.sqlite")) as db:
        blobs = Blobs(folder / "blobs")
        store = Store(db, blobs, folder / "sidecars", Travel(folder, blobs))
        store.blobs.clear_aside()
        history.rebuild(db, store.sidecars)
        yield store


@contextmanager
def committed(store: Store) -> Generator[None]:
    """One transaction: all of it, or after an error nothing."""
    store.db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        store.db.execute("ROLLBACK")
        raise
    store.db.execute("COMMIT")


def kept(store: Store, take: TakeRecord) -> None:
    """Put a take and its files into the history."""
    with committed(store):
        history.record(store.db, None, history.keep(take, store.blobs, store.sidecars))


def problems(store: Store) -> list[Problem]:
    """Every file of a recorded take that is not there as it was kept."""
    found: list[Problem] = []
    for take, packed in store.db.execute("SELECT id, record FROM take").fetchall():
        files = history.blobs_of(store.db, take)
        for name, digest in files.items():
            path = store.blobs.path(digest)
            whole = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
            found += [] if whole else [Problem(take, name)]
        found += [] if files and packed else [Problem(take, "")]
    return found
