"""The local executor: one worker process, started, told, heard and killed."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, BinaryIO, cast

import msgspec
import psutil
import zmq

from engine.service.worker import FromWorker, ToWorker, receive, send

log = logging.getLogger(__name__)

_WAKE = "inproc://worker"


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """The worker process ended. status: its exit status."""

    status: int


class LocalExecutor:
    """A worker process. `wake` becomes readable when `heard` has something to tell.

    Start it from the supervisor's main thread: on Linux the worker dies with the thread that
    started it.
    """

    def __init__(self, context: zmq.Context, errors: IO[bytes]) -> None:
        self._context = context
        self._errors = errors
        self.wake: zmq.Socket[bytes] = context.socket(zmq.PULL)
        self.wake.bind(_WAKE)
        self._frames: queue.SimpleQueue[tuple[int, FromWorker | Gone]] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    @property
    def pid(self) -> int | None:
        """The worker's process id, None when there is none."""
        return self._process.pid if self._process is not None else None

    @property
    def megabytes(self) -> float:
        """The worker's resident memory."""
        try:
            return psutil.Process(self.pid).memory_info().rss / 2**20 if self.pid else 0.0
        except psutil.NoSuchProcess:
            return 0.0

    def start(self) -> None:
        """Start a worker process; it says Ready when it can take a job."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.service.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self.started = time.monotonic()
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def tell(self, frame: ToWorker) -> None:
        """Send an order; a worker that just died is heard of as Gone."""
        if self._process is not None:
            try:
                send(cast(BinaryIO, self._process.stdin), frame)
            except (BrokenPipeError, ConnectionError):
                log.warning("the worker did not take an order")

    def heard(self, take: Callable[[FromWorker | Gone], None]) -> None:
        """Hand over what the living worker said. From the supervisor's loop."""
        while self.wake.poll(0):
            self.wake.recv()
        while not self._frames.empty():
            pid, frame = self._frames.get()
            if pid != self.pid:
                continue  # a worker that was given up
            if isinstance(frame, Gone):
                self._process = None
            take(frame)

    def kill(self) -> None:
        """End the worker at once; Gone is heard."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the worker and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        self.wake.close(0)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        waker = self._context.socket(zmq.PUSH)
        waker.connect(_WAKE)
        decode = msgspec.msgpack.Decoder(FromWorker).decode
        stream = cast(BinaryIO, process.stdout)
        try:
            while (data := receive(stream)) is not None:
                self._frames.put((process.pid, decode(data)))
                waker.send(b"")
        except (OSError, ValueError, msgspec.MsgspecError):
            log.exception("the worker's answers cannot be read")
            process.kill()
        self._frames.put((process.pid, Gone(status=process.wait())))
        waker.send(b"")
        waker.close(0)
