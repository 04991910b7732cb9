"""Whatever fails, is cut off or rots: no take is recorded whose files are not safe."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from take_factory import committed, finished, kept, opened, problems

from engine.service.journal import Store
from engine.takes import history
from engine.takes.database import open_database
from engine.takes.jobs import now_ms
from host_bridge.errors import CuelockError
from host_bridge.protocol import TakeRecord

STARRED, TRASHED = "aa00000001", "bb00000002"
WEEK_MS = 7 * 24 * 3600 * 1000


@pytest.fixture
def takes(tmp_path: Path) -> list[TakeRecord]:
    return [finished(tmp_path / "out", take) for take in (STARRED, TRASHED)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Milliseconds by which the history's clock is ahead."""
    ahead = [0]
    monkeypatch.setattr(history, "now_ms", lambda: now_ms() + ahead[0])
    return ahead


def work(folder: Path, takes: list[TakeRecord], clock: list[int]) -> None:
    """Keep two takes, star one and trash the other; more than a week later, collect twice."""
    clock[0] = 0
    with opened(folder) as store:
        for take in takes:
            kept(store, take)
        with committed(store):
            history.star(store.db, STARRED, True)
            history.trash(store.db, TRASHED)
        clock[0] = WEEK_MS + 1000
        for _ in range(2):
            with committed(store):
                history.collect(*store)


def assert_sound(folder: Path) -> None:
    """What a store promises at any time: also when it is opened, and opened without its rows."""
    for loss in (False, True):
        with opened(folder) as store:
            assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert problems(store) == []
            assert list((folder / "blobs" / "tmp").iterdir()) == []
            if loss:
                store.db.execute("DELETE FROM take")
                history.rebuild(store.db, store.sidecars)
                assert problems(store) == []


def assert_done(folder: Path) -> None:
    with opened(folder) as store:
        (take,) = history.listed(store.db, 9)
        assert (take.record.take, take.star) == (STARRED, True)
        assert store.blobs.all() == set(history.blobs_of(store.db, STARRED).values())
        assert [path.name for path in store.sidecars.iterdir()] == [f"{STARRED}.json"]
    assert_sound(folder)


# --- every call fails once


@contextmanager
def failing(function: str, nth: int, number: int) -> Generator[list[int]]:
    """The n-th call of a function of the system fails; how many there were is in the list."""
    calls = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            writes = function != "open" or "r" not in (*args[1:], "r")[0]
            calls[0] += writes
            if writes and calls[0] == nth:
                raise OSError(number, os.strerror(number))
            return real(*args, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        owner = os if function == "fsync" else Path
        patch.setattr(owner, function, counted(getattr(owner, function)))
        yield calls


@pytest.mark.parametrize("function", ["fsync", "replace", "open", "unlink", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
def test_a_fault_of_the_disk_is_told_and_harms_no_take(
    function: str, number: int, takes: list[TakeRecord], clock: list[int], tmp_path: Path
) -> None:
    nth, reached, told = 0, True, 0
    while reached:
        nth += 1
        folder = tmp_path / str(nth)
        with failing(function, nth, number) as calls:
            code = _code(folder, takes, clock)
        reached = calls[0] >= nth
        told += bool(code)
        assert code in ("disk.full" if number == errno.ENOSPC else "disk.readonly", "")
        assert_sound(folder)
        work(folder, takes, clock)
        assert_done(folder)
    assert told > 1
    # Only what a crash left half-written may stay without a word: it is tried again.
    assert told == nth - 1 or function == "unlink"


def _code(folder: Path, takes: list[TakeRecord], clock: list[int]) -> str:
    try:
        work(folder, takes, clock)
    except CuelockError as error:
        return error.code
    return ""


def test_files_of_a_take_survive_a_commit_that_fails(
    takes: list[TakeRecord], clock: list[int], tmp_path: Path
) -> None:
    with opened(tmp_path / "store") as store:
        for take in takes:
            kept(store, take)
        history.trash(store.db, TRASHED)
        clock[0] = WEEK_MS + 1000
        store.db.execute("BEGIN IMMEDIATE")
        assert history.collect(*store).takes == 1
        store.db.execute("ROLLBACK")
        assert problems(store) == []


def test_a_take_that_was_never_recorded_does_not_come_back_without_its_files(
    takes: list[TakeRecord], clock: list[int], tmp_path: Path
) -> None:
    with opened(tmp_path / "store") as store:
        history.keep(takes[0], store.blobs, store.sidecars)
        clock[0] = WEEK_MS
        with committed(store):
            history.collect(*store)
    with opened(tmp_path / "store") as store:
        assert history.listed(store.db, 9) == ()
        assert problems(store) == []


def test_a_damaged_blob_is_made_whole_by_the_next_take_that_brings_it(
    takes: list[TakeRecord], tmp_path: Path
) -> None:
    with opened(tmp_path / "store") as store:
        kept(store, takes[0])
        shared = store.blobs.path(history.blobs_of(store.db, STARRED)[f"clip_{STARRED}.npz"])
        shared.chmod(0o644)
        shared.write_bytes(b"rot")
        kept(store, takes[1])
        assert problems(store) == []


# --- the power fails after any operation


class Op(NamedTuple):
    """What was done to the disk: a file's bytes written or synced, renamed, removed, or a commit.

    what: "written", "synced", "renamed", "removed", "committed"; path: inside the store;
    to: the new name; content: the file's bytes, or the database's.
    """

    what: str
    path: Path
    to: Path = Path()
    content: bytes = b""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Op]:
    """Everything that is done to the files of tmp_path/store from now on."""
    ops: list[Op] = []
    base = tmp_path / "store"
    descriptors: dict[int, Path] = {}
    real_open, real_fsync = Path.open, os.fsync
    real_replace, real_unlink = Path.replace, Path.unlink

    def open_logged(path: Path, mode: str = "r", *args: Any, **named: Any) -> Any:
        handle = real_open(path, mode, *args, **named)
        descriptors.pop(handle.fileno(), None)
        if "r" not in mode and path.is_relative_to(base):
            descriptors[handle.fileno()] = path
        return handle

    def fsync(descriptor: int) -> None:
        path = descriptors.pop(descriptor, base)
        if path.is_file():
            content = path.read_bytes()
            ops.extend(Op(what, path, content=content) for what in ("written", "synced"))
        real_fsync(descriptor)

    def replace(path: Path, to: Path) -> Path:
        if path.is_relative_to(base):
            if not any(op.path == path and op.what == "synced" for op in ops):
                ops.append(Op("written", path, content=path.read_bytes()))
            ops.append(Op("renamed", path, to))
        return real_replace(path, to)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(base) and path.exists():
            ops.append(Op("removed", path))
        real_unlink(path, missing_ok)

    monkeypatch.setattr(Path, "open", open_logged)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    return ops


def _work_logged(base: Path, takes: list[TakeRecord], clock: list[int], log: list[Op]) -> None:
    """The work of above, with the database as it was after each commit."""

    def saved(store: Store) -> None:
        log.append(Op("committed", base, content=_content(store.db)))

    with opened(base) as store:
        saved(store)
        for take in takes:
            kept(store, take)
            saved(store)
        history.star(store.db, STARRED, True)
        history.trash(store.db, TRASHED)
        saved(store)
        clock[0] = WEEK_MS + 1000
        for _ in range(2):
            with committed(store):
                history.collect(*store)
            saved(store)


def _content(db: sqlite3.Connection) -> bytes:
    with closing(sqlite3.connect(":memory:")) as copy:
        db.backup(copy)
        return copy.serialize()


def _replayed(ops: list[Op], base: Path, folder: Path, *, torn: bool, rows: bool) -> None:
    """A store as it lies on the disk after these operations.

    torn: of what was not synced only the half arrived; rows: whether the database is there.
    """
    files: dict[Path, bytes] = {}
    loose: set[Path] = set()
    database = b""
    for op in ops:
        match op.what:
            case "written":
                files[op.path] = op.content
                loose.add(op.path)
            case "synced":
                loose.discard(op.path)
            case "renamed":
                files[op.to] = files.pop(op.path)
                loose = {op.to if path == op.path else path for path in loose}
            case "removed":
                files.pop(op.path)
            case _:
                database = op.content
    for path, content in files.items():
        to = folder / path.relative_to(base)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(content[: len(content) // 2] if torn and path in loose else content)
    folder.mkdir(exist_ok=True)
    if rows and database:
        (folder / "takes.sqlite").write_bytes(database)


def test_a_power_cut_after_any_operation_leaves_no_take_without_its_files(
    takes: list[TakeRecord],
    clock: list[int],
    log: list[Op],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = tmp_path / "store"
    _work_logged(base, takes, clock, log)
    monkeypatch.undo()
    assert {op.what for op in log} == {"written", "synced", "renamed", "removed", "committed"}
    recorded = 0
    for length in range(len(log) + 1):
        for torn in (False, True):
            for rows in (True, False):
                folder = tmp_path / f"cut-{length}-{torn}-{rows}"
                _replayed(log[:length], base, folder, torn=torn, rows=rows)
                with opened(folder) as store:
                    assert problems(store) == []
                    recorded += bool(history.listed(store.db, 9))
                shutil.rmtree(folder)
    assert recorded > len(log)


def test_every_file_is_synced_before_it_gets_its_name(
    takes: list[TakeRecord], clock: list[int], log: list[Op], tmp_path: Path
) -> None:
    _work_logged(tmp_path / "store", takes, clock, log)
    for number, op in enumerate(log):
        if op.what == "renamed":
            assert Op("synced", op.path) in [
                before._replace(content=b"") for before in log[:number]
            ]


# --- the database rots

TAKES = [f"{number:010x}" for number in range(40)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of forty takes whose log was not yet written back, as a crash leaves it."""
    folder = tmp_path_factory.mktemp("model")
    with opened(folder / "live") as store:
        for take in TAKES[:-1]:
            kept(store, finished(folder / "out", take))
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept(store, finished(folder / "out", TAKES[-1]))
        history.star(store.db, TAKES[0], True)
        shutil.copytree(folder / "live", folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def settled(model: Path) -> Path:
    """The same store, closed as it should be."""
    folder = model.with_name("settled")
    shutil.copytree(model, folder)
    with opened(folder):
        pass
    return folder


Damage = Callable[[Path], None]


def _truncated(eighths: int) -> Damage:
    def damage(path: Path) -> None:
        os.truncate(path, path.stat().st_size * eighths // 8)

    return damage


def _replaced(content: bytes) -> Damage:
    return lambda path: (path.write_bytes(content), None)[1]


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE take (id, song)")
        other.execute("INSERT INTO take VALUES ('one', 'another program''s')")
        other.execute("PRAGMA application_id=7")
        other.commit()


def _without_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def _half_a_log(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    os.truncate(log, log.stat().st_size // 2)


def _reopened(model: Path, folder: Path, damage: Damage) -> str:
    """Open a damaged copy twice; a refusal's code, or nothing when every take is back."""
    shutil.copytree(model, folder)
    damage(folder / "takes.sqlite")
    for _ in range(2):
        try:
            with opened(folder) as store:
                assert {take.record.take for take in history.listed(store.db, 99)} >= set(TAKES)
                assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except CuelockError as error:
            return error.code
    assert len(list(folder.glob("takes.sqlite.damaged-*[0-9]"))) <= 1
    return ""


@pytest.mark.parametrize(
    "damage",
    [
        *map(_truncated, range(8)),
        _replaced(b""),
        _replaced(bytes(40_000)),
        _foreign,
        _without_log,
        _half_a_log,
    ],
)
def test_takes_of_a_damaged_database_are_back_from_their_sidecars(
    damage: Damage, model: Path, tmp_path: Path
) -> None:
    assert _reopened(model, tmp_path / "copy", damage) == ""


def _flipped(place: int) -> Damage:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[place] ^= 0xA5
        path.write_bytes(content)

    return damage


def test_a_flipped_byte_costs_no_take(settled: Path, tmp_path: Path) -> None:
    size = (settled / "takes.sqlite").stat().st_size
    header, schema = range(100), range(2300, 4096, 29)
    pages = [page + 997 * page // 4096 % 4096 for page in range(0, size, 4096)]
    codes: dict[int, str] = {}
    for place in {*header, *schema, *pages}:
        codes[place] = _reopened(settled, tmp_path / f"at-{place}", _flipped(place))
    refused = {place for place, code in codes.items() if code}
    assert {codes[place] for place in refused} <= {"take.newer", "disk.readonly"}
    assert refused <= {18, *range(60, 64)}  # the header's "read only" and the number of version


def test_what_a_person_wrote_is_salvaged_from_a_damaged_database(
    settled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a #1? 100%"  # none of which a database's address may take amiss
    shutil.copytree(settled, folder)
    _flipped(68)(folder / "takes.sqlite")  # the application's number
    with opened(folder) as store:
        assert history.summary(store.db, TAKES[0]).star
    assert list(folder.glob("takes.sqlite.damaged-*[0-9]"))


def test_a_salvage_that_is_cut_off_loses_nothing(
    settled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(settled, folder)
    _flipped(68)(folder / "takes.sqlite")
    with failing("replace", 1, errno.EIO), pytest.raises(CuelockError) as raised:
        open_database(folder / "takes.sqlite")
    assert raised.value.code == "disk.readonly"
    with opened(folder) as store:
        assert history.summary(store.db, TAKES[0]).star


def test_a_row_that_cannot_be_read_is_replaced_by_its_sidecar_or_leaves_the_lists(
    model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(model, folder)
    (folder / "sidecars" / f"{TAKES[1]}.json").unlink()
    with opened(folder) as store:
        rotten = msgspec.msgpack.encode({"take": "of another shape"})
        store.db.execute("UPDATE take SET record = ? WHERE id IN (?, ?)", (rotten, *TAKES[:2]))
    with opened(folder) as store:
        listed = {take.record.take: take for take in history.listed(store.db, 99)}
        assert listed.keys() == set(TAKES) - {TAKES[1]}
        assert listed[TAKES[0]].star


def test_a_sidecar_that_is_damaged_or_under_another_name_is_no_obstacle(
    model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(model, folder)
    sidecars = folder / "sidecars"
    os.truncate(sidecars / f"{TAKES[0]}.json", 99)
    (sidecars / f"{TAKES[1]}.json").write_bytes(b"\xff\xfe{")
    (sidecars / f"{TAKES[2]}.json").rename(sidecars / "copy of it.json")
    (sidecars / "folder.json").mkdir()
    (folder / "takes.sqlite").unlink()
    (folder / "takes.sqlite-wal").unlink()
    with opened(folder) as store:
        found = {take.record.take for take in history.listed(store.db, 99)}
        assert found == set(TAKES[3:])
        assert history.rebuild(store.db, store.sidecars) == 0
