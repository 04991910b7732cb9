"""A bad line between clients and a living engine, each side as it is.

Connections for control and commands stall, are cut in the middle of a frame, and are refused. What
they carry is encrypted, so events, which may be lost one by one, pass a forwarder that has the
engine's own key: there some are lost, some come twice and some late.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Generator

import msgspec
import zmq

from host_bridge.discovery import Address, KeyPair, own_keys, publish, published

_REFUSED = 0.05  # of connections
_BYTES = 20_000  # through one direction of a connection until it is cut, in the mean
_LONGEST_STALL = 0.2  # seconds; most are far shorter
_LOST, _TWICE, _LATE = 0.3, 0.1, 0.2  # of events
_LOOK_MS = 50

Event = list[bytes]
Fate = Callable[[Event], list[Event]]


@contextlib.contextmanager
def bad_line(rng: random.Random) -> Generator[Counter[str]]:
    """Whatever client connects to this home's engine meanwhile does so over a bad line.

    What was done is counted: "cut" and "refused" connections, "lost", "twice" and "late" events.
    """
    engine = _address()
    harm: Counter[str] = Counter()
    with (
        _wire(engine.control, rng, harm) as control,
        _wire(engine.commands, rng, harm) as commands,
        _published(msgspec.structs.replace(engine, control=control, commands=commands)),
        events_through(Unsteady(rng, harm)),
    ):
        yield harm


@contextlib.contextmanager
def events_through(fate: Fate) -> Generator[None]:
    """Of the engine's events only those arrive that a function of each says."""
    engine = _address()
    client, server = own_keys("client"), own_keys("server")
    with (
        zmq.Context() as context,
        context.socket(zmq.XSUB) as there,
        context.socket(zmq.XPUB) as here,
    ):
        there.linger = here.linger = 0
        there.curve_publickey, there.curve_secretkey = _pair(client)
        there.curve_serverkey = engine.server_key.encode()
        there.connect(engine.events)
        here.curve_server = True
        here.curve_publickey, here.curve_secretkey = _pair(server)
        here.bind("tcp://127.0.0.1:*")
        endpoint = here.getsockopt_string(zmq.LAST_ENDPOINT)
        leaving = threading.Event()
        thread = threading.Thread(target=_forward, args=(there, here, fate, leaving))
        thread.start()
        try:
            with _published(msgspec.structs.replace(engine, events=endpoint)):
                yield
        finally:
            leaving.set()
            thread.join()


class Unsteady:
    """Some events are lost, some come twice, some after the next one."""

    def __init__(self, rng: random.Random, harm: Counter[str]) -> None:
        self._rng = rng
        self._harm = harm
        self._held: list[Event] = []

    def __call__(self, event: Event) -> list[Event]:
        """A Fate."""
        shares = (_LOST, _TWICE, _LATE, 1 - _LOST - _TWICE - _LATE)
        what = self._rng.choices(("lost", "twice", "late", "on time"), shares)[0]
        if what != "on time":
            self._harm[what] += 1
        if what == "late":
            self._held.append(event)
            return []
        arriving = [event] * {"lost": 0, "twice": 2, "on time": 1}[what] + self._held
        self._held = []
        return arriving


@contextlib.contextmanager
def _wire(endpoint: str, rng: random.Random, harm: Counter[str]) -> Generator[str]:
    """A port whose connections go on to an endpoint, badly; the endpoint clients are to use."""
    host, _, port = endpoint.removeprefix("tcp://").partition(":")
    loop = asyncio.new_event_loop()

    async def connected(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        ends = [writing]
        try:
            if rng.random() < _REFUSED:
                harm["refused"] += 1
                return
            there, here = await asyncio.open_connection(host, int(port))
            ends.append(here)
            ways = [_carried(reading, here, rng), _carried(there, writing, rng)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            harm["cut"] += any(task.exception() is None and task.result() for task in done)
            for task in rest:
                task.cancel()
        finally:
            for end in ends:
                end.transport.abort()

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _carried(
    reading: asyncio.StreamReader, writing: asyncio.StreamWriter, rng: random.Random
) -> bool:
    """Bytes of one direction, until its end or until the line is cut; whether it was."""
    left = int(rng.expovariate(1 / _BYTES))
    while data := await reading.read(4096):
        await asyncio.sleep(_LONGEST_STALL * rng.random() ** 12)
        writing.write(data[:left])
        await writing.drain()
        left -= len(data)
        if left < 0:
            return True
    return False


async def _ended(server: asyncio.Server) -> None:
    """No more connections; those there are end with their tasks."""
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _forward(
    there: zmq.Socket[bytes], here: zmq.Socket[bytes], fate: Fate, leaving: threading.Event
) -> None:
    poller = zmq.Poller()
    poller.register(there, zmq.POLLIN)
    poller.register(here, zmq.POLLIN)
    while not leaving.is_set():
        ready = dict(poller.poll(_LOOK_MS))
        if here in ready:
            there.send(here.recv())
        if there in ready:
            for event in fate(there.recv_multipart()):
                here.send_multipart(event)


def _pair(keys: KeyPair) -> tuple[bytes, bytes]:
    return keys.public.encode(), keys.secret.encode()


def _address() -> Address:
    engine = published()
    assert engine is not None, "no engine runs"
    return engine


@contextlib.contextmanager
def _published(address: Address) -> Generator[None]:
    """Clients find this address meanwhile."""
    before = _address()
    publish(address)
    try:
        yield
    finally:
        publish(before)
