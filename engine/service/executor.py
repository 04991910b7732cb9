"""Executors: where workers run. What is done, tried again and kept stays with the supervisor."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, BinaryIO, Protocol, cast

import msgspec
import psutil
import zmq

from engine.service.worker import FromWorker, ToWorker, receive, send

log = logging.getLogger(__name__)

_WAKE = "inproc://worker"


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A worker ended. status: its exit status; lost: its machine went, which is nobody's fault."""

    status: int
    lost: bool = False


Heard = Callable[[int, FromWorker | Gone], None]


class Executor(Protocol):
    """So many places for workers, each told and heard in frames of `worker`."""

    places: int
    wake: zmq.Socket[bytes]  # readable when `heard` has something to tell

    def start(self, place: int) -> bool:
        """Start a place's worker; it says Ready when it can take a job.

        False when no machine has room for it now.
        """
        ...

    def tell(self, place: int, frame: ToWorker) -> None:
        """Send an order; a worker that just died is heard of as Gone."""

    def heard(self, take: Heard) -> None:
        """Hand over what living workers said. From the supervisor's loop."""

    def dump(self, place: int) -> None:
        """Have a worker write its stacks to its log, where that can be."""

    def kill(self, place: int) -> None:
        """End a worker at once; Gone is heard."""

    def megabytes(self, place: int) -> float:
        """A worker's resident memory; 0 when that is not known."""
        ...

    def close(self) -> None:
        """End all workers and wait until they are gone."""


def executor_of(workers: str, context: zmq.Context, errors: IO[bytes]) -> Executor:
    """The executor that settings name."""
    kind, _, named = workers.partition(":")
    if kind == "ray":
        from engine.service.ray_executor import RayExecutor

        return RayExecutor(context, errors, named)
    return LocalExecutor(context, errors, int(named))


class LocalExecutor:
    """Worker processes of this machine.

    Start them from the supervisor's main thread: on Linux a worker dies with the thread that
    started it.
    """

    def __init__(self, context: zmq.Context, errors: IO[bytes], places: int = 1) -> None:
        self.places = places
        self.wake: zmq.Socket[bytes] = context.socket(zmq.PULL)
        self.wake.bind(_WAKE)
        self._context = context
        self._errors = errors
        self._frames: queue.SimpleQueue[tuple[int, subprocess.Popen[bytes], FromWorker | Gone]] = (
            queue.SimpleQueue()
        )
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._listening: list[threading.Thread] = []

    def start(self, place: int) -> bool:
        """See Executor."""
        process = self._processes[place] = subprocess.Popen(
            [sys.executable, "-m", "engine.service.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._listening = [thread for thread in self._listening if thread.is_alive()]
        self._listening.append(
            threading.Thread(target=self._listen, args=(place, process), daemon=True)
        )
        self._listening[-1].start()
        return True

    def tell(self, place: int, frame: ToWorker) -> None:
        """See Executor."""
        process = self._processes.get(place)
        if process is not None:
            try:
                send(cast(BinaryIO, process.stdin), frame)
            except (OSError, ValueError):  # broken, or closed by now
                log.warning("the worker did not take an order")

    def heard(self, take: Heard) -> None:
        """See Executor."""
        while self.wake.poll(0):
            self.wake.recv()
        while not self._frames.empty():
            place, process, frame = self._frames.get()
            if self._processes.get(place) is not process:
                continue  # a worker that was given up
            if isinstance(frame, Gone):
                del self._processes[place]
            take(place, frame)

    def dump(self, place: int) -> None:
        """See Executor."""
        process = self._processes.get(place)
        if process is not None and sys.platform != "win32":
            process.send_signal(signal.SIGUSR1)

    def kill(self, place: int) -> None:
        """See Executor."""
        process = self._processes.get(place)
        if process is not None:
            process.kill()

    def megabytes(self, place: int) -> float:
        """See Executor."""
        process = self._processes.get(place)
        try:
            return psutil.Process(process.pid).memory_info().rss / 2**20 if process else 0.0
        except psutil.NoSuchProcess:
            return 0.0

    def close(self) -> None:
        """See Executor."""
        processes, self._processes = self._processes, {}
        for process in processes.values():
            process.kill()
        for thread in self._listening:
            thread.join()
        self.wake.close(0)

    def _listen(self, place: int, process: subprocess.Popen[bytes]) -> None:
        waker = self._context.socket(zmq.PUSH)
        waker.connect(_WAKE)
        decode = msgspec.msgpack.Decoder(FromWorker).decode
        stream = cast(BinaryIO, process.stdout)
        try:
            while (data := receive(stream)) is not None:
                self._frames.put((place, process, decode(data)))
                waker.send(b"")
        except (OSError, ValueError, msgspec.MsgspecError):
            log.exception("the worker's answers cannot be read")
            process.kill()
        with contextlib.suppress(OSError), process:  # closes its pipes
            process.wait()
        self._frames.put((place, process, Gone(status=process.returncode)))
        waker.send(b"")
        waker.close(0)
