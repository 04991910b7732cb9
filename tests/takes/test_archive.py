"""An archive brings takes to another store as they were, and nothing else to anywhere."""

from __future__ import annotations

import errno
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from take_factory import committed, finished, kept, opened, problems

from engine.service.journal import Store
from engine.takes import archive, history
from engine.takes.archive import export_takes, import_takes
from host_bridge.errors import CuelockError
from host_bridge.protocol import CompPiece, CompRequest

FIRST, CHILD, OTHER, COMP = "aa00000001", "bb00000002", "cc00000003", "dd00000004"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A first take, one made from it, another first one, and a comp of both lines."""
    folder = tmp_path / "out"
    pieces = (CompPiece(take=OTHER, region_in="0f", region_out="5f"),)
    change = CompRequest(take=CHILD, pieces=pieces, to=str(folder))
    with opened(tmp_path / "store") as store:
        kept(store, finished(folder, FIRST))
        kept(store, finished(folder, CHILD, parent=FIRST))
        kept(store, finished(folder, OTHER))
        kept(store, finished(folder, COMP, parent=CHILD, change=change))
        store.db.execute("UPDATE take SET created = 1000 + rowid")
        history.star(store.db, CHILD, True)
        history.note(store.db, FIRST, "zu trocken – drier ✂")
        yield store


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "elsewhere") as store:
        yield store


def exported(store: Store, path: Path, *takes: str) -> int:
    return export_takes(store.db, store.blobs, takes, path)


def imported(store: Store, path: Path) -> int:
    with committed(store):
        return import_takes(store.db, store.blobs, store.sidecars, path)


def refusal(store: Store, path: Path) -> str:
    """The code an archive is refused with; nothing of it is recorded then, now or later."""
    with pytest.raises(CuelockError) as raised:
        imported(store, path)
    assert raised.value.code == "blob.checksum" or str(path) in raised.value.message
    history.rebuild(store.db, store.sidecars)
    assert history.listed(store.db, 9) == ()
    return raised.value.code


def names(store: Store) -> set[str]:
    return {row[0] for row in store.db.execute("SELECT id FROM take")}


def test_takes_arrive_in_an_empty_store_as_they_were(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    assert exported(store, tmp_path / "a.takes") == 4
    assert imported(empty, tmp_path / "a.takes") == 4
    assert history.listed(empty.db, 9) == history.listed(store.db, 9)
    assert problems(empty) == []
    for take in names(empty):
        for name, digest in history.blobs_of(empty.db, take).items():
            empty.blobs.deliver(digest, tmp_path / "delivered")
            assert (tmp_path / "delivered").read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_what_was_imported_comes_back_from_its_sidecars(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes")
    imported(empty, tmp_path / "a.takes")
    empty.db.execute("DELETE FROM take")
    assert history.rebuild(empty.db, empty.sidecars) == 4
    assert problems(empty) == []


def test_a_take_that_is_there_already_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    exported(store, tmp_path / "a.takes")
    history.note(store.db, FIRST, "another note")
    history.trash(store.db, OTHER)
    before = list(store.db.iterdump())
    assert imported(store, tmp_path / "a.takes") == 0
    assert list(store.db.iterdump()) == before


@pytest.mark.parametrize(
    ("asked", "come"),
    [
        ((FIRST,), {FIRST}),
        ((CHILD,), {FIRST, CHILD}),
        ((COMP[:4],), {FIRST, CHILD, OTHER, COMP}),
        ((OTHER, CHILD, "bb"), {FIRST, CHILD, OTHER}),
    ],
)
def test_a_take_travels_with_all_it_was_made_from(
    asked: tuple[str, ...], come: set[str], store: Store, empty: Store, tmp_path: Path
) -> None:
    assert exported(store, tmp_path / "a.takes", *asked) == len(come)
    imported(empty, tmp_path / "a.takes")
    assert names(empty) == come


def test_the_trash_stays_at_home_unless_a_take_was_made_from_it(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    history.trash(store.db, COMP)
    history.trash(store.db, FIRST)
    assert exported(store, tmp_path / "a.takes") == 3
    imported(empty, tmp_path / "a.takes")
    assert names(empty) == {FIRST, CHILD, OTHER}


def test_an_ancestor_that_is_gone_is_left_out(store: Store, tmp_path: Path) -> None:
    store.db.execute("DELETE FROM take WHERE id = ?", (FIRST,))
    assert exported(store, tmp_path / "a.takes", CHILD) == 1


def test_the_same_takes_give_the_same_bytes(store: Store, empty: Store, tmp_path: Path) -> None:
    for name, asked in (("a", ()), ("b", (COMP,)), ("c", (OTHER, FIRST, COMP))):
        exported(store, tmp_path / name, *asked)
    imported(empty, tmp_path / "a")
    exported(empty, tmp_path / "d")
    assert len({(tmp_path / name).read_bytes() for name in "abcd"}) == 1


def test_other_programs_can_open_an_archive_and_meet_the_index_first(
    store: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes")
    with zipfile.ZipFile(tmp_path / "a.takes") as opened_zip:
        first, *blobs = opened_zip.namelist()
        assert first == "cuelock.json"
        assert msgspec.json.decode(opened_zip.read(first))["format"] == 1
        for name in blobs:
            assert name == f"blobs/{hashlib.sha256(opened_zip.read(name)).hexdigest()}"


def test_an_unknown_take_is_not_exported(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CuelockError) as raised:
        exported(store, tmp_path / "a.takes", FIRST, "ee")
    assert raised.value.code == "take.unknown"
    assert not (tmp_path / "a.takes").exists()


def test_a_file_that_is_gone_or_has_changed_is_not_exported(store: Store, tmp_path: Path) -> None:
    path = store.blobs.path(next(iter(history.blobs_of(store.db, OTHER).values())))
    (tmp_path / "a.takes").write_bytes(b"an earlier archive")
    path.chmod(0o644)
    path.write_bytes(b"noise")
    for code in ("blob.checksum", "blob.unknown"):
        with pytest.raises(CuelockError) as raised:
            exported(store, tmp_path / "a.takes")
        assert raised.value.code == code
        path.unlink(missing_ok=True)
    assert (tmp_path / "a.takes").read_bytes() == b"an earlier archive"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.takes", "out", "store"]


@pytest.mark.parametrize("tenth", range(10))
def test_an_archive_that_is_cut_off_is_refused(
    tenth: int, store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes")
    content = (tmp_path / "a.takes").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) * tenth // 10])
    assert refusal(empty, tmp_path / "cut") == "request.path"
    assert empty.blobs.all() == set()


def test_what_is_no_archive_is_refused(empty: Store, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive at all\n" * 99)
    with zipfile.ZipFile(tmp_path / "zip", "w") as other:
        other.writestr("readme.txt", "hello")
    for name in ("text", "zip", "missing", "."):
        assert refusal(empty, tmp_path / name) == "request.path"


def test_a_flipped_byte_in_a_file_is_noticed_and_nothing_is_recorded(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes")
    content = bytearray((tmp_path / "a.takes").read_bytes())
    for take in (FIRST, CHILD, OTHER, COMP):
        damaged = content.copy()
        damaged[content.index(f"sound of {take}".encode()) + 30] ^= 1
        (tmp_path / "b.takes").write_bytes(damaged)
        assert refusal(empty, tmp_path / "b.takes") == "blob.checksum"
        assert list((tmp_path / "elsewhere" / "blobs" / "tmp").iterdir()) == []


def test_a_flipped_byte_anywhere_does_no_harm(store: Store, empty: Store, tmp_path: Path) -> None:
    exported(store, tmp_path / "a.takes", FIRST)
    content = (tmp_path / "a.takes").read_bytes()
    codes: set[str] = set()
    for place in range(0, len(content), 13):
        (tmp_path / "b.takes").write_bytes(
            content[:place] + bytes([content[place] ^ 0x81]) + content[place + 1 :]
        )
        try:
            imported(empty, tmp_path / "b.takes")
        except CuelockError as error:
            codes.add(error.code)
        assert problems(empty) == []
        with committed(empty):
            empty.db.execute("DELETE FROM take")
    assert codes <= {"request.path", "blob.checksum", "take.newer"}


Change = Callable[[dict[str, Any], dict[str, bytes]], None]


def rewritten(path: Path, change: Change, deflated: str = "") -> Path:
    """The archive with index and members changed, beside it; deflated: the member that is so."""
    with zipfile.ZipFile(path) as before:
        index = msgspec.json.decode(before.read("cuelock.json"))
        members = {name: before.read(name) for name in before.namelist()[1:]}
    change(index, members)
    members["cuelock.json"] = msgspec.json.encode(index)
    with zipfile.ZipFile(path.with_name("changed"), "w") as after:
        for name, content in members.items():
            small = zipfile.ZIP_DEFLATED if name == deflated else zipfile.ZIP_STORED
            after.writestr(name, content, small)
    return path.with_name("changed")


def _rename_take(name: str) -> Change:
    def change(index: dict[str, Any], _members: dict[str, bytes]) -> None:
        index["takes"][0]["record"]["take"] = name

    return change


def _rename_file(name: str) -> Change:
    def change(index: dict[str, Any], _members: dict[str, bytes]) -> None:
        take = index["takes"][0]
        old, digest = take["files"].popitem()
        take["files"][name] = digest
        for part in (take["record"]["reply"]["stems"][0], take["record"]["reply"]):
            for key in ("path", "plot"):
                if Path(str(part.get(key))).name == old:
                    part[key] = name

    return change


def _rename_hash(name: str) -> Change:
    def change(index: dict[str, Any], members: dict[str, bytes]) -> None:
        files = index["takes"][0]["files"]
        first = min(files)
        members[f"blobs/{name}"] = members[f"blobs/{files[first]}"]
        files[first] = name

    return change


def _set(key: str, value: object) -> Change:
    return lambda index, _: index["takes"][0].update({key: value})


def _set_in_index(key: str, value: object) -> Change:
    return lambda index, _: index.update({key: value})


def _without_index(index: dict[str, Any], _members: dict[str, bytes]) -> None:
    index.clear()


def _without_members(_index: dict[str, Any], members: dict[str, bytes]) -> None:
    members.clear()


def _set_in_reply(key: str, value: object) -> Change:
    return lambda index, _: index["takes"][0]["record"]["reply"].update({key: value})


def _set_samples(index: dict[str, Any], _members: dict[str, bytes]) -> None:
    index["takes"][0]["record"]["reply"]["stems"][0]["samples"] = 1 << 63


@pytest.mark.parametrize(
    "change",
    [
        *map(_rename_take, ["../../evil", "/evil", "..", "", "a/b", "aa\n", "C:evil", "a" * 99]),
        *map(_rename_file, ["../evil", "/evil", "..", "", "a\\evil", "C:evil", ".evil", "a\0b"]),
        *map(_rename_hash, ["../../evil", "/evil", "A" * 64, "0" * 63, "0" * 64 + "\n", ""]),
        _set("files", {}),
        _set("created", 1 << 63),
        _set("created", -1),
        _set("star", "yes"),
        _set("record", None),
        _set_in_reply("plot", "another file.png"),
        _set_in_reply("seconds", [1]),
        _set_in_index("takes", None),
        _set_in_index("format", "1"),
        _without_index,
        _without_members,
    ],
)
def test_an_index_that_lies_is_refused_and_nothing_is_written_outside(
    change: Change, store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes", OTHER)
    path = rewritten(tmp_path / "a.takes", change)
    assert refusal(empty, path) == "request.path"
    assert not list(tmp_path.rglob("*evil*"))


def test_a_number_that_the_history_cannot_hold_does_no_harm(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes", OTHER)
    _imported_or_refused(empty, rewritten(tmp_path / "a.takes", _set_samples))
    huge = rewritten(tmp_path / "a.takes", lambda index, _: None)
    content = huge.read_bytes()
    with zipfile.ZipFile(huge) as before:
        index = before.read("cuelock.json").replace(b'"samples":96000', b'"samples":' + b"9" * 99)
    assert index not in content
    with zipfile.ZipFile(huge, "w") as after:
        after.writestr("cuelock.json", index)
    assert _imported_or_refused(empty, huge) == "request.path"


def _imported_or_refused(store: Store, path: Path) -> str:
    try:
        imported(store, path)
    except CuelockError as error:
        return error.code
    assert problems(store) == []
    history.listed(store.db, 9)
    store.db.execute("DELETE FROM take")
    return ""


def test_members_that_the_index_does_not_name_are_never_unpacked(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    strange = {"../evil": b"x", "/tmp/evil": b"x", "blobs/../../evil": b"x", "evil": b"x"}
    exported(store, tmp_path / "a.takes")
    path = rewritten(tmp_path / "a.takes", lambda _, members: members.update(strange))
    link = zipfile.ZipInfo("blobs/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as more:
        more.writestr(link, "/etc/passwd")
    assert imported(empty, path) == 4
    assert not list(tmp_path.rglob("*evil*"))
    assert empty.blobs.all() == store.blobs.all()


def test_a_file_that_belongs_to_another_hash_is_refused(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes", OTHER)
    path = rewritten(tmp_path / "a.takes", _rename_hash("0" * 64))
    assert refusal(empty, path) == "blob.checksum"


def test_compressed_members_are_refused_before_they_grow(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    def bomb(index: dict[str, Any], members: dict[str, bytes]) -> None:
        index["more"] = " " * (1 << 24)
        _rename_hash("0" * 64)(index, members)
        members[f"blobs/{'0' * 64}"] = bytes(1 << 24)

    exported(store, tmp_path / "a.takes", OTHER)
    for name in ("cuelock.json", f"blobs/{'0' * 64}"):
        path = rewritten(tmp_path / "a.takes", bomb, name)
        assert refusal(empty, path) == "request.path"
        assert empty.blobs.all() == set()


def test_a_file_too_large_for_32_bits_travels_as_well(
    store: Store, empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 500)
    exported(store, tmp_path / "a.takes")
    assert imported(empty, tmp_path / "a.takes") == 4
    assert problems(empty) == []


def test_a_member_is_not_read_beyond_the_length_it_declares(
    store: Store, empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(store, tmp_path / "a.takes", OTHER)
    monkeypatch.setattr(archive, "_MOST_INDEX", 100)
    assert refusal(empty, tmp_path / "a.takes") == "request.path"
    monkeypatch.undo()
    content = (tmp_path / "a.takes").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.takes") as whole:
        member = whole.infolist()[-1]
    length = member.file_size.to_bytes(4, "little")
    for declared in (member.file_size - 1, member.file_size + 1, 0xFFFFFFF0):
        told = declared.to_bytes(4, "little")
        directory = content.rindex(b"PK\1\2")
        changed = content[:directory] + content[directory:].replace(length * 2, told * 2)
        (tmp_path / "b.takes").write_bytes(changed)
        assert refusal(empty, tmp_path / "b.takes") == "blob.checksum"


def test_a_newer_archive_is_refused_with_that_reason(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    exported(store, tmp_path / "a.takes")
    path = rewritten(
        tmp_path / "a.takes", lambda index, _: index.update(format=2, takes={"other": "shape"})
    )
    assert refusal(empty, path) == "take.newer"


@pytest.mark.parametrize("which", range(1, 4))
def test_an_archive_that_the_disk_has_no_room_for_never_stays_half_written(
    which: int, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0

    def full(_blob: Any, _data: bytes) -> int:
        nonlocal writes
        writes += 1
        if writes >= which:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return 0

    monkeypatch.setattr("zipfile._ZipWriteFile.write", full)
    with pytest.raises(CuelockError) as raised:
        exported(store, tmp_path / "a.takes")
    assert raised.value.code == "disk.full"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "store"]


def test_a_store_without_room_takes_nothing_in(
    store: Store, empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(store, tmp_path / "a.takes")
    synced, count = os.fsync, 0
    for which in range(1, 99):
        calls = iter(range(1, 999))

        def full(descriptor: int, calls: Iterator[int] = calls, which: int = which) -> None:
            if next(calls) == which:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            synced(descriptor)

        monkeypatch.setattr(os, "fsync", full)
        answer = _imported_or_refused(empty, tmp_path / "a.takes")
        if not answer:
            break
        assert answer == "disk.full"
        assert names(empty) == set()
        count += 1
    assert 10 < count < 98


def test_an_archive_may_say_a_take_twice_and_lines_that_run_in_circles(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    def twice(index: dict[str, Any], _members: dict[str, bytes]) -> None:
        index["takes"] *= 2
        for take in index["takes"]:
            take["record"]["reply"]["parent"] = CHILD

    exported(store, tmp_path / "a.takes", CHILD)
    assert imported(empty, rewritten(tmp_path / "a.takes", twice)) == 2
    assert exported(empty, tmp_path / "b.takes", FIRST) == 2


def test_a_rolled_back_import_leaves_no_rows(store: Store, empty: Store, tmp_path: Path) -> None:
    exported(store, tmp_path / "a.takes")
    empty.db.execute("BEGIN IMMEDIATE")
    import_takes(empty.db, empty.blobs, empty.sidecars, tmp_path / "a.takes")
    empty.db.execute("ROLLBACK")
    assert names(empty) == set()
    assert imported(empty, tmp_path / "a.takes") == 4
