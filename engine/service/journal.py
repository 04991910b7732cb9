"""The journal thread: the only one that touches the database and the files of takes.

Work is handed over as functions of the store; everything that waits is committed together, so
that a slow disk costs one sync for many. What a function returns, or raises as a CuelockError,
comes back through `done` once it is safe on the disk; the supervisor's loop is woken by a socket.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import zmq

from engine.takes import history
from engine.takes.blobs import Blobs
from engine.takes.database import open_database
from engine.takes.travel import Travel
from host_bridge.errors import CuelockError

log = logging.getLogger(__name__)

_TOGETHER = 64  # functions in one commit
_WAKE = "inproc://journal"


class Store(NamedTuple):
    """What a function of the journal works on."""

    db: sqlite3.Connection
    blobs: Blobs
    sidecars: Path
    travel: Travel


class _Entry(NamedTuple):
    work: Callable[[Store], Any]
    then: Callable[[Any], None]
    failed: Callable[[CuelockError], None]


class Journal:
    """Owns the store of a folder. `wake` becomes readable when `deliver` has something to do."""

    def __init__(self, folder: Path, context: zmq.Context) -> None:
        self._folder = folder
        self._waiting: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.wake: zmq.Socket[bytes] = context.socket(zmq.PULL)
        self.wake.bind(_WAKE)
        self._waker: zmq.Socket[bytes] = context.socket(zmq.PUSH)
        self._opened: queue.SimpleQueue[CuelockError | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal")
        self._thread.start()
        error = self._opened.get()
        if error is not None:
            self._thread.join()
            raise error

    def do(
        self,
        work: Callable[[Store], Any],
        then: Callable[[Any], None],
        failed: Callable[[CuelockError], None],
    ) -> None:
        """Run work(store) in the thread; then(result) or failed(error) later in `deliver`."""
        self._waiting.put(_Entry(work, then, failed))

    def deliver(self) -> None:
        """Call back for everything that is done. From the supervisor's loop."""
        while self.wake.poll(0):
            self.wake.recv()
        while not self._done.empty():
            self._done.get()()

    def close(self) -> None:
        """Finish what waits, then close the database."""
        self._waiting.put(None)
        self._thread.join()
        self.deliver()
        self.wake.close(0)

    def _run(self) -> None:
        try:
            store = self._open()
        except CuelockError as error:
            self._opened.put(error)
            return
        except (sqlite3.Error, OSError) as error:
            self._opened.put(_refused(error))
            return
        self._waker.connect(_WAKE)
        self._opened.put(None)
        last = False
        while not last:
            entries = [self._waiting.get()]
            while len(entries) < _TOGETHER and not self._waiting.empty():
                entries.append(self._waiting.get())
            last = None in entries
            for call in self._committed(store, [entry for entry in entries if entry]):
                self._done.put(call)
            self._waker.send(b"")
        store.db.close()
        self._waker.close(0)

    def _open(self) -> Store:
        db = open_database(self._folder / "takes.sqlite")
        blobs = Blobs(self._folder / "blobs")
        travel = Travel(self._folder, blobs)
        store = Store(db, blobs, self._folder / "sidecars", travel)
        store.blobs.clear_aside()
        found = history.rebuild(db, store.sidecars)
        if found:
            log.warning("%d takes were brought back from their sidecars", found)
        return store

    def _committed(self, store: Store, entries: list[_Entry]) -> list[Callable[[], None]]:
        """Run entries in one transaction, each in a savepoint of its own; what to call then."""
        calls: list[Callable[[], None]] = []
        try:
            store.db.execute("BEGIN IMMEDIATE")
            for entry in entries:
                calls.append(_attempted(store, entry))
            store.db.execute("COMMIT")
        except sqlite3.Error as error:
            log.exception("the journal could not commit")
            if store.db.in_transaction:
                store.db.execute("ROLLBACK")
            return [_call(entry.failed, _refused(error)) for entry in entries]
        return calls


def _attempted(store: Store, entry: _Entry) -> Callable[[], None]:
    store.db.execute("SAVEPOINT entry")
    try:
        result = entry.work(store)
    except CuelockError as error:
        store.db.execute("ROLLBACK TO entry")
        return _call(entry.failed, error)
    except sqlite3.Error:
        raise  # the whole commit is at stake
    except OSError as error:
        store.db.execute("ROLLBACK TO entry")
        return _call(entry.failed, _refused(error))
    except Exception as error:  # the edge of a question: a defect answers it, the thread goes on
        log.exception("a defect in the journal")
        store.db.execute("ROLLBACK TO entry")
        return _call(entry.failed, _defect(error))
    finally:
        store.db.execute("RELEASE entry")
    return _call(entry.then, result)


def _refused(error: Exception) -> CuelockError:
    return CuelockError(
        "disk.full",
        f"The history cannot be written: {error}.",
        hint="Make room on the disk of CUELOCK_HOME, then give the request again.",
        retryable=True,
    )


def _defect(error: Exception) -> CuelockError:
    return CuelockError(
        "internal.bug",
        f"A defect of cuelock: {type(error).__name__}: {error}",
        hint="Please report it with the end of `cuelock engine logs`.",
    )


def _call(function: Callable[[Any], None], argument: Any) -> Callable[[], None]:
    return lambda: function(argument)
