"""The worker process: owns torch, decoding and bundles, and does one job at a time.

It hears of its work on stdin and tells of it on stdout, frames of msgpack behind their length;
what libraries print goes to the log. It ends when its supervisor does.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReport, HeardSound, JobKind, TakeRecord, error_report

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("worker")

_LENGTH = struct.Struct("<I")
_MOST = 64 << 20
_EVERY = 0.1  # seconds between two reports of progress
_HEARD_BYTES = 1 << 20  # of sound in one message


class Do(msgspec.Struct, frozen=True, kw_only=True, tag="do"):
    """Do a job. given: the takes it builds upon, in the order its request names them."""

    job: str
    kind: JobKind
    params: msgspec.Raw
    given: tuple[Given, ...] = ()


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Give a job up at the next step."""

    job: str


class Unload(msgspec.Struct, frozen=True, tag="unload"):
    """Forget loaded bundles."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The worker can take a job."""


class Progressed(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How far the job is."""

    job: str
    stage: str
    done: float


class Heard(msgspec.Struct, frozen=True, kw_only=True, tag="heard"):
    """Sound of the job, as soon as it is made (see HeardSound)."""

    sound: HeardSound


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """A job's end: its take, or an error."""

    job: str
    take: TakeRecord | None = None
    error: ErrorReport | None = None


ToWorker = Do | Stop | Unload
FromWorker = Ready | Progressed | Heard | Finished


def send(stream: BinaryIO, frame: msgspec.Struct) -> None:
    """Write one frame."""
    data = msgspec.msgpack.encode(frame)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one frame's bytes; None at the stream's end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _MOST:
        raise ValueError(f"a frame of {length} bytes")
    data = stream.read(length)
    return data if len(data) == length else None


class Following:
    """Follows one job: tells how far it is, and gives it up when that was asked for."""

    def __init__(self, job: str, told: Callable[[msgspec.Struct], None]) -> None:
        self.job = job
        self.stopping = False
        self._told = told
        self._last = 0.0

    def progress(self, stage: str, done: float) -> None:
        """See engine.service.take.Follow."""
        if self.stopping:
            raise CuelockError("cancelled.user", "Cancelled.", hint="Give it again.")
        now = time.monotonic()
        if now - self._last >= _EVERY or done >= 1:
            self._last = now
            self._told(Progressed(job=self.job, stage=stage, done=done))

    def heard(self, layer: str, variation: int, start: int, sound: np.ndarray) -> None:
        """See engine.service.take.Follow."""
        pcm = (sound.clip(-1, 1) * 32767).astype("<i2").tobytes()
        for at in range(0, len(pcm), _HEARD_BYTES):
            part = HeardSound(
                job=self.job, layer=layer, variation=variation, start=start + at // 2,
                pcm=pcm[at : at + _HEARD_BYTES],
            )  # fmt: skip
            self._told(Heard(sound=part))


class Worker:
    """One job at a time; `told` takes what is to be said."""

    def __init__(self, told: Callable[[msgspec.Struct], None]) -> None:
        self._told = told
        self._following: Following | None = None
        self._stopped: set[str] = set()

    def stop(self, job: str) -> None:
        """From the reading thread: the job is given up at its next step."""
        self._stopped.add(job)
        if self._following is not None and self._following.job == job:
            self._following.stopping = True

    def do(self, order: Do) -> None:
        """Do one job and tell how it ended; a defect ends the job, never the worker."""
        from engine.service.jobs import do

        following = self._following = Following(order.job, self._told)
        following.stopping = order.job in self._stopped
        try:
            take = do(order.kind, order.params, order.given, following)
            self._told(Finished(job=order.job, take=take))
        except CuelockError as error:
            self._told(Finished(job=order.job, error=error_report(error)))
        except Exception as error:  # the edge of a job
            log.exception("job %s", order.job)
            self._told(Finished(job=order.job, error=error_report(_defect(error))))
        self._stopped.discard(order.job)


def main() -> None:
    """Read orders in a thread, work in this one, until stdin ends."""
    # What libraries print must not meet the frames: stdout becomes the log.
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    faulthandler.enable()
    if sys.platform != "win32":
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    _die_with_the_supervisor()
    lock = threading.Lock()

    def told(frame: msgspec.Struct) -> None:
        with lock:
            send(answers, frame)

    import queue

    inbox: queue.SimpleQueue[Do | Unload] = queue.SimpleQueue()
    worker = Worker(told)
    decode = msgspec.msgpack.Decoder(ToWorker).decode

    def listen() -> None:
        while (data := receive(orders)) is not None:
            order = decode(data)
            if isinstance(order, Stop):
                worker.stop(order.job)
            else:
                inbox.put(order)
        os._exit(0)  # nobody is left to work for, whatever is being done

    threading.Thread(target=listen, daemon=True).start()
    importlib.import_module("engine.service.jobs")  # torch, before the first job needs it
    told(Ready())
    while True:
        order = inbox.get()
        if isinstance(order, Do):
            worker.do(order)
        else:
            importlib.import_module("engine.service.jobs").unload()


def _die_with_the_supervisor() -> None:
    """Linux: the kernel kills this process when the thread that started it ends."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _defect(error: Exception) -> CuelockError:
    return CuelockError(
        "internal.bug",
        f"A defect of cuelock: {type(error).__name__}: {error}",
        hint="Please report it with the end of `cuelock engine logs`.",
    )


if __name__ == "__main__":
    main()
