"""Workers as actors of a Ray cluster, which may share no disk with the supervisor.

The frames are those of a worker process. Each actor works in a thread of its own, so that of its
two slots one always waits for what is said and the other takes orders, chunks and stops. Files go
by content: what an order names is laid out in the actor's scratch folder, what is made comes back
into the folder the request names, and every path in between is looked up both ways.

Calls of Ray may wait for ever on a node that is gone; ours look after the node meanwhile.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import importlib
import logging
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import msgspec
import psutil
import zmq

from engine.service.executor import Gone, Heard
from engine.service.worker import (
    Do,
    Finished,
    Following,
    FromWorker,
    Ready,
    Stop,
    ToWorker,
    Unload,
    Worker,
)
from engine.takes.history import files_of
from host_bridge.discovery import hold
from host_bridge.errors import CuelockError, refusing
from host_bridge.protocol import TakeRecord, error_report
from host_bridge.wire import CHUNK_BYTES, JOBS, MESSAGE_BYTES

log = logging.getLogger(__name__)

_WAKE = "inproc://ray"
_LOOK_SECONDS = 2.0  # between two looks after the node an answer is awaited from
_CLOSE_SECONDS = 10.0
_CONNECT_SECONDS = 8.0
_KEPT_BYTES = 16 << 30  # of inputs that a later job may want
_INPUTS = ("clip", "curves", "guide")
_KILLED = -9
_SCRATCH = "cuelock-worker-"
Body = TypeVar("Body", bound=msgspec.Struct)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an actor had to say since it was last asked. log: lines; node: where it runs."""

    frames: tuple[msgspec.Raw, ...]
    log: str
    megabytes: float
    node: str


class RayWorker:
    """The actor: a worker that keeps what it says until it is asked. Takes and gives plain bytes,
    text and numbers."""

    def __init__(self) -> None:
        os.environ.pop("OMP_NUM_THREADS", None)  # Ray's; a local worker has torch's own
        self._node: str = importlib.import_module("ray").get_runtime_context().get_node_id()
        self._folder, self._lock = _scratch()
        self._inputs: dict[str, int] = {}  # folders by age of use, and their bytes
        self._frames: list[bytes] = []
        self._log = ""
        self._news = threading.Condition()
        self._inbox: queue.SimpleQueue[Do | Unload] = queue.SimpleQueue()
        self._worker = Worker(lambda frame: self._told(msgspec.msgpack.encode(frame)))
        logging.basicConfig(
            level=logging.INFO,
            format="%(asctime)s %(name)s %(message)s",
            handlers=[logging.StreamHandler(), _Lines(self._logged)],
            force=True,
        )
        threading.Thread(target=self._work, daemon=True).start()

    def tell(self, order: bytes) -> None:
        """An order, encoded."""
        frame = msgspec.msgpack.decode(order, type=ToWorker)
        if isinstance(frame, Stop):
            self._worker.stop(frame.job)
        else:
            self._inbox.put(frame)

    def next_said(self) -> bytes:
        """Said, encoded, as soon as there is anything."""
        with self._news:
            self._news.wait_for(lambda: self._frames or self._log)
            count = size = 0
            while count < len(self._frames) and size < MESSAGE_BYTES:
                size += len(self._frames[count])
                count += 1
            frames, self._frames = self._frames[:count], self._frames[count:]
            lines, self._log = self._log, ""
        said = Said(
            frames=tuple(map(msgspec.Raw, frames)),
            log=lines,
            megabytes=psutil.Process().memory_info().rss / 2**20,
            node=self._node,
        )
        return msgspec.msgpack.encode(said)

    def place(self, key: str, name: str, size: int) -> tuple[str, int]:
        """Where an input of that key is to lie here, and how much of it does; -1: nothing."""
        self._inputs.pop(key, None)
        self._inputs[key] = size
        path = self._folder / "in" / key / name
        return str(path), path.stat().st_size if path.exists() else -1

    def put(self, path: str, offset: int, data: bytes, mtime_ns: int) -> None:
        """A chunk of an input."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("r+b" if offset else "wb") as writing:
            writing.seek(offset)
            writing.write(data)
        os.utime(path, ns=(mtime_ns, mtime_ns))

    def outbox(self, job: str) -> str:
        """The folder for what a job makes; what earlier ones made goes."""
        shutil.rmtree(self._folder / "out", ignore_errors=True)
        return str(self._folder / "out" / job)

    def get(self, path: str, offset: int) -> bytes:
        """A chunk of what was made; nothing at its end."""
        with Path(path).open("rb") as reading:
            reading.seek(offset)
            return reading.read(CHUNK_BYTES)

    def stacks(self) -> bytes:
        """Where every thread is."""
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file)
            file.seek(0)
            return file.read()

    def _told(self, frame: bytes) -> None:
        with self._news:
            self._frames.append(frame)
            self._news.notify()

    def _logged(self, line: str) -> None:
        with self._news:
            self._log += line + "\n"
            self._news.notify()

    def _work(self) -> None:
        try:
            jobs = importlib.import_module("engine.service.jobs")  # torch
            self._told(msgspec.msgpack.encode(Ready()))
            while True:
                order = self._inbox.get()
                if isinstance(order, Do):
                    self._worker.do(order)
                    self._forget()
                else:
                    jobs.unload()
        except BaseException:  # the edge of the process: without this thread it is of no use
            log.exception("the worker ends")
            os._exit(1)

    def _forget(self) -> None:
        """Delete the inputs that were not used for the longest time, where there are too many."""
        while sum(self._inputs.values()) > _KEPT_BYTES:
            key = next(iter(self._inputs))
            del self._inputs[key]
            shutil.rmtree(self._folder / "in" / key, ignore_errors=True)


class _Lines(logging.Handler):
    """Hands log lines to a function."""

    def __init__(self, logged: Callable[[str], None]) -> None:
        super().__init__()
        self._logged = logged

    def emit(self, record: logging.LogRecord) -> None:
        self._logged(self.format(record))


def _scratch() -> tuple[Path, IO[bytes]]:
    """A folder of this process's own, and its lock; those of processes that are gone go."""
    root = Path(tempfile.gettempdir())
    for path in root.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError):
            if lock := hold(path / "lock"):
                shutil.rmtree(path, ignore_errors=True)
                lock.close()
    new = Path(tempfile.mkdtemp(prefix=".cuelock-"))
    lock = hold(new / "lock")
    if lock is None:
        raise RuntimeError(f"{new} is taken")
    return new.rename(root / f"{_SCRATCH}{new.name.removeprefix('.cuelock-')}"), lock


class _LostError(Exception):
    """The actor, or its node, is not there any more."""


@dataclass
class _Seat:
    """A place's worker. given_up: it was killed; megabytes: when it last said anything."""

    place: int
    actor: Any
    orders: queue.SimpleQueue[ToWorker | None] = field(default_factory=queue.SimpleQueue)
    stopped: set[str] = field(default_factory=set)
    errand: _Errand | None = None
    given_up: bool = False
    megabytes: float = 0.0
    node: str = ""


class RayExecutor:
    """Workers of a Ray cluster: one for each whole GPU; without any, one for two CPUs of a node.

    A place whose node is gone is given up until another node has room for it.
    """

    def __init__(self, context: zmq.Context, errors: IO[bytes], address: str = "auto") -> None:
        """Raises CuelockError engine.dependency without Ray, engine.start without a cluster."""
        self._ray = _connected(address)
        nodes = self._nodes()
        self._gpus = _have_gpus(nodes)
        self._homes = list(self._room(nodes).elements())
        self.places = len(self._homes)
        self.wake: zmq.Socket[bytes] = context.socket(zmq.PULL)
        self.wake.bind(_WAKE)
        self._waker: zmq.Socket[bytes] = context.socket(zmq.PUSH)
        self._waker.connect(_WAKE)
        self._waking = threading.Lock()
        self._errors = errors
        self._frames: queue.SimpleQueue[tuple[_Seat, FromWorker | Gone]] = queue.SimpleQueue()
        self._seats: dict[int, _Seat] = {}
        self._threads: list[threading.Thread] = []
        self._actor = self._ray.remote(
            num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=2
        )(RayWorker)

    def start(self, place: int) -> bool:
        """See Executor."""
        home = self._home(place)
        if home is None:
            return False
        self._homes[place] = home
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        there = strategies.NodeAffinitySchedulingStrategy(home, soft=False)
        actor = self._actor.options(scheduling_strategy=there, num_gpus=int(self._gpus)).remote()
        seat = self._seats[place] = _Seat(place, actor)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for work in (self._listen, self._send):
            thread = threading.Thread(target=work, args=(seat,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return True

    def tell(self, place: int, frame: ToWorker) -> None:
        """See Executor."""
        seat = self._seats.get(place)
        if seat is None:
            return
        if isinstance(frame, Do):
            seat.errand = _Errand(self, seat, frame)
        elif isinstance(frame, Stop):
            seat.stopped.add(frame.job)
            if seat.errand is not None and seat.errand.order.job == frame.job:
                seat.errand.following.stopping = True
        seat.orders.put(frame)

    def heard(self, take: Heard) -> None:
        """See Executor."""
        while self.wake.poll(0):
            self.wake.recv()
        while not self._frames.empty():
            seat, frame = self._frames.get()
            if self._seats.get(seat.place) is not seat:
                continue  # a worker that was given up
            if isinstance(frame, Gone):
                del self._seats[seat.place]
            take(seat.place, frame)

    def dump(self, place: int) -> None:
        """See Executor."""
        if seat := self._seats.get(place):
            threading.Thread(target=self._dump, args=(seat,), daemon=True).start()

    def kill(self, place: int) -> None:
        """See Executor."""
        if seat := self._seats.get(place):
            seat.given_up = True
            self._ray.kill(seat.actor)

    def megabytes(self, place: int) -> float:
        """See Executor."""
        seat = self._seats.get(place)
        return seat.megabytes if seat else 0.0

    def close(self) -> None:
        """See Executor."""
        for place in list(self._seats):
            self.kill(place)
        end = time.monotonic() + _CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._ray.shutdown()
        with self._waking:
            self._waker.close(0)
        self.wake.close(0)

    # --- for the threads of a place

    def answer(self, seat: _Seat, method: str, *asked: str | int | bytes) -> Any:
        """What the actor answers. Raises _LostError."""
        waiting = getattr(seat.actor, method).remote(*asked)
        try:
            while not self._ray.wait([waiting], timeout=_LOOK_SECONDS)[0]:
                if seat.given_up or (seat.node and seat.node not in self._nodes()):
                    raise _LostError(seat.node)
            return self._ray.get(waiting)
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.RaySystemError) as error:
            raise _LostError(str(error)) from error

    def say(self, seat: _Seat, frame: FromWorker | Gone) -> None:
        """Have it heard."""
        self._frames.put((seat, frame))
        with self._waking, contextlib.suppress(zmq.ZMQError):  # full: there are wakes enough
            self._waker.send(b"", zmq.DONTWAIT)

    def _send(self, seat: _Seat) -> None:
        """Orders, one after the other, with the files they name."""
        while (order := seat.orders.get()) is not None:
            errand = seat.errand
            try:
                if isinstance(order, Do) and errand is not None:
                    order = errand.there()
                self.answer(seat, "tell", msgspec.msgpack.encode(order))
            except _LostError:
                return  # the listening thread says so
            except CuelockError as error:
                if isinstance(order, Do) and errand is not None:
                    errand.nothing_came()
                    self.say(seat, Finished(job=order.job, error=error_report(error)))
            except Exception:  # the edge of the thread
                log.exception("an order cannot be sent")
                self._ray.kill(seat.actor)
                return

    def _listen(self, seat: _Seat) -> None:
        decode = msgspec.msgpack.Decoder(FromWorker).decode
        try:
            while True:
                said = msgspec.msgpack.decode(self.answer(seat, "next_said"), type=Said)
                seat.node, seat.megabytes = said.node, said.megabytes
                self._write(said.log.encode())
                for data in said.frames:
                    frame = decode(data)
                    if isinstance(frame, Finished) and seat.errand is not None:
                        frame = seat.errand.back(frame)
                    self.say(seat, frame)
        except _LostError as error:
            log.warning("an actor is gone: %s", " ".join(str(error).split())[:500])
        except Exception:  # the edge of the thread
            log.exception("the worker's answers cannot be read")
        with contextlib.suppress(Exception):  # Ray itself may be gone
            self._ray.kill(seat.actor)
        seat.orders.put(None)
        self.say(seat, Gone(status=_KILLED, lost=not self._answers(self._homes[seat.place])))

    def _dump(self, seat: _Seat) -> None:
        with contextlib.suppress(_LostError):
            self._write(self.answer(seat, "stacks"))

    def _write(self, lines: bytes) -> None:
        if lines:
            self._errors.write(lines)
            self._errors.flush()

    def _nodes(self) -> dict[str, dict[str, float]]:
        """What living nodes have."""
        return {one["NodeID"]: one["Resources"] for one in self._ray.nodes() if one["Alive"]}

    def _room(self, nodes: Mapping[str, Mapping[str, float]]) -> Counter[str]:
        """How many places each node has room for."""
        return Counter({node: _places(has, self._gpus) for node, has in nodes.items()})

    def _home(self, place: int) -> str | None:
        """The node a place is on; where that is gone, one that has room; None where none has."""
        nodes = self._nodes()
        if self._homes[place] in nodes:
            return self._homes[place]
        room = self._room(nodes) - Counter(self._homes)
        return next(room.elements(), None)

    def _answers(self, node: str) -> bool:
        """Whether a node is there; Ray itself says so only after many seconds."""
        with contextlib.suppress(Exception):  # Ray itself may be gone
            for one in self._ray.nodes():
                if one["NodeID"] == node and one["Alive"]:
                    where = (one["NodeManagerAddress"], one["NodeManagerPort"])
                    socket.create_connection(where, _LOOK_SECONDS).close()
                    return True
        return False


class _Errand:
    """One job on its way to an actor and back."""

    def __init__(self, executor: RayExecutor, seat: _Seat, order: Do) -> None:
        self.order = order
        self.following = Following(
            order.job, lambda frame: executor.say(seat, cast(FromWorker, frame))
        )
        self.following.stopping = order.job in seat.stopped
        self._to = Path()
        self._executor = executor
        self._seat = seat
        self._here: dict[str, str] = {}  # by the path there
        self._new = False  # whether the folder was made for this job

    def there(self) -> Do:
        """The order with paths of the actor, where its files are now.

        Raises CuelockError and _LostError.
        """
        try:
            wanted: Any = msgspec.msgpack.decode(self.order.params, type=JOBS[self.order.kind].body)
        except msgspec.MsgspecError:
            return self.order  # the worker says so
        to = self._to = Path(wanted.to)
        self._new = not to.exists()
        with refusing():
            to.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryDirectory(dir=to, prefix=".cuelock-").cleanup()  # can it be written
        named = [getattr(wanted, field, None) for field in _INPUTS]
        for given in self.order.given:
            named += [given.record.request.clip, *given.files.values()]
        places = {path: self._sent(path) for path in dict.fromkeys(named) if path}
        places[wanted.to] = self._ask("outbox", self.order.job)
        self._here = {there: here for here, there in places.items()}
        given = tuple(
            msgspec.structs.replace(
                one,
                record=msgspec.structs.replace(
                    one.record, request=_moved(one.record.request, places)
                ),
                files={name: places[path] for name, path in one.files.items()},
            )
            for one in self.order.given
        )
        params = msgspec.Raw(msgspec.msgpack.encode(_moved(wanted, places)))
        return msgspec.structs.replace(self.order, params=params, given=given)

    def back(self, ended: Finished) -> Finished:
        """A job's end with the paths that were asked for, where the files are now.

        Raises _LostError.
        """
        if ended.job != self.order.job:
            return ended
        if ended.error is not None:
            self.nothing_came()
            message = ended.error.message
            for there, here in self._here.items():
                message = message.replace(there, here)
            error = msgspec.structs.replace(ended.error, message=message)
            return msgspec.structs.replace(ended, error=error)
        try:
            return Finished(job=ended.job, take=ended.take and self._fetched(ended.take))
        except CuelockError as error:
            self.nothing_came()
            return Finished(job=ended.job, error=error_report(error))

    def nothing_came(self) -> None:
        """A folder that was made for the job goes again."""
        if self._new:
            with contextlib.suppress(OSError):
                self._to.rmdir()

    def _fetched(self, take: TakeRecord) -> TakeRecord:
        to, made = self._to, files_of(take)
        with (
            refusing(),
            tempfile.TemporaryDirectory(dir=to, prefix=".cuelock-") as aside,
        ):
            for number, path in enumerate(made):
                with (Path(aside) / path.name).open("wb") as writing:
                    while data := self._ask("get", str(path), writing.tell()):
                        writing.write(data)
                        self.following.progress("fetching", number / len(made))
            for path in made:
                (Path(aside) / path.name).replace(to / path.name)
        return _arrived(take, self._here | {str(path): str(to / path.name) for path in made})

    def _sent(self, path: str) -> str:
        """Where a file of this machine lies there; one that is missing here is missing there."""
        source = Path(path)
        try:
            found = source.stat() if source.is_file() else None
            size, mtime_ns = (found.st_size, found.st_mtime_ns) if found else (0, 0)
            key = hashlib.sha256(f"{path}\0{size}\0{mtime_ns}".encode()).hexdigest()[:32]
            there, have = self._ask("place", key, source.name or "none", size)
            if found is not None and have < size:
                self._chunks(source, there, max(0, have), size, mtime_ns)
        except OSError as error:
            raise _unreadable(source, error.strerror or "?") from error
        return there

    def _chunks(self, source: Path, there: str, have: int, size: int, mtime_ns: int) -> None:
        with source.open("rb") as reading:
            reading.seek(have)
            while True:
                data = reading.read(CHUNK_BYTES)
                if not data and size > have:
                    raise _unreadable(source, "it became shorter")
                self._ask("put", there, have, data, mtime_ns)
                have += len(data)
                if have >= size:
                    return
                self.following.progress("sending", have / size)

    def _ask(self, method: str, *asked: str | int | bytes) -> Any:
        return self._executor.answer(self._seat, method, *asked)


def _moved(request: Body, places: Mapping[str, str]) -> Body:
    """A request with its paths looked up."""
    named = ((field, getattr(request, field, None)) for field in (*_INPUTS, "to"))
    changes = {field: places[path] for field, path in named if path and path in places}
    return msgspec.structs.replace(request, **changes)


def _arrived(take: TakeRecord, here: Mapping[str, str]) -> TakeRecord:
    """A take with its paths looked up."""
    reply = take.reply
    stems = (msgspec.structs.replace(stem, path=here[stem.path]) for stem in reply.stems)
    moved = msgspec.structs.replace(
        reply,
        stems=tuple(stems),
        curves=tuple(here[path] for path in reply.curves),
        preview=reply.preview and here[reply.preview],
        plot=here[reply.plot],
    )
    return msgspec.structs.replace(
        take,
        request=_moved(take.request, here),
        reply=moved,
        change=take.change and _moved(take.change, here),
    )


def _connected(address: str) -> Any:
    """Ray as a driver of a cluster. Raises CuelockError engine.dependency and engine.start."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise CuelockError(
            "engine.dependency",
            "Workers of a Ray cluster need the package ray.",
            hint="Install it: pip install 'cuelock[ray]'",
        ) from error
    told: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def init() -> None:
        try:
            ray.init(address, log_to_driver=False, configure_logging=False, logging_level="ERROR")
            told.put(None)
        except Exception as error:  # told in the other thread
            told.put(error)

    # A cluster that does not answer is waited for without end.
    threading.Thread(target=init, daemon=True).start()
    try:
        error = told.get(timeout=_CONNECT_SECONDS)
    except queue.Empty:
        error = TimeoutError(f"no answer within {_CONNECT_SECONDS:.0f} s")
    if error is not None:
        raise CuelockError(
            "engine.start",
            f"The Ray cluster {address!r} cannot be reached: {error}.",
            hint="Start one on this machine first: ray start --head",
        ) from error
    return ray


def _have_gpus(nodes: Mapping[str, Mapping[str, float]]) -> bool:
    return any(has.get("GPU", 0) >= 1 for has in nodes.values())


def _places(has: Mapping[str, float], gpus: bool) -> int:
    """How many workers a node has room for.

    >>> [_places({"CPU": cpus, "GPU": 2}, gpus=False) for cpus in (1, 2, 5)]
    [1, 1, 2]
    >>> _places({"CPU": 8, "GPU": 2}, gpus=True)
    2
    """
    return int(has.get("GPU", 0)) if gpus else max(1, int(has.get("CPU", 0)) // 2)


def _unreadable(path: Path, why: str) -> CuelockError:
    return CuelockError(
        "media.unreadable", f"{path.name} cannot be read: {why}.", hint="Check the file."
    )
