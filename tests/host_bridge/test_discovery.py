"""Keys come and go while an engine reads them: it never stumbles, and nobody else is shut out."""

from __future__ import annotations

import threading

import zmq

from host_bridge.discovery import authorise, authorised, revoke, run_folder


def made_key() -> str:
    return zmq.curve_keypair()[0].decode()


def test_a_file_that_is_no_key_shuts_nobody_out() -> None:
    public = made_key()
    authorise(public, "editor", "generate")
    folder = run_folder() / "authorized_keys"
    (folder / "empty").touch()
    (folder / "torn").write_text(public[:9])
    (folder / "noise").write_bytes(b"\xff\xfe" * 40)
    (folder / "folder").mkdir()
    assert [(key.name, key.public, key.scope) for key in authorised()] == [
        ("editor", public, "generate")
    ]


def test_keys_are_whole_or_not_there_while_others_read_them() -> None:
    public, guest = made_key(), made_key()
    authorise(public, "editor")
    done, stumbled = threading.Event(), list[Exception]()

    def read() -> None:
        while not done.is_set():
            try:
                names = {key.name for key in authorised()}
                assert "editor" in names <= {"editor", "guest"}
            except Exception as error:
                stumbled.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(300):
        authorise(guest, "guest")
        revoke("guest")
    done.set()
    for reader in readers:
        reader.join()
    assert stumbled == []
