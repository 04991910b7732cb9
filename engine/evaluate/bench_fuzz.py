"""Bad input for decoder and sockets, the same in every run."""

from __future__ import annotations

import contextlib
import math
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import zmq

from engine.evaluate.figures import percentile, row
from engine.evaluate.live import (
    NOWHERE,
    own_home,
    ping_ms,
    stop_engines,
)
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BenchRow,
    CompPiece,
    CompRequest,
    DeliverTake,
    EditMove,
    GetBlob,
    Hello,
    JobKind,
    JobsReply,
    Most,
    NamedJob,
    NamedTake,
    NoteTake,
    Nothing,
    PointsEdit,
    PutBlob,
    RecutRequest,
    RegenerateRequest,
    StarTake,
    Submit,
    WatchJob,
)
from host_bridge.wire import COMMANDS, CONTROL, JOBS, MESSAGE_BYTES, body_of, message, opened

_FUZZ_SECONDS = 60.0  # for the decoder, and again for the sockets
_BURST = 8  # bad messages before each ping


def fuzz_rows(_clip: Path) -> Iterator[BenchRow]:
    """Bad input, the same in every run: for the decoder, then for a living engine."""
    yield from _decoder_fuzz(random.Random(0))
    with own_home():
        yield from _socket_fuzz(random.Random(1))


def _decoder_fuzz(rng: random.Random) -> Iterator[BenchRow]:
    messages = foreign = 0
    longest = 0.0
    until = time.monotonic() + _FUZZ_SECONDS
    while time.monotonic() < until:
        data = _bad(rng)
        begin = time.process_time()
        try:
            _decode(data)
        except CuelockError:
            pass
        except Exception:  # what this part looks for
            foreign += 1
        longest = max(longest, time.process_time() - begin)
        messages += 1
    yield row("decoder, bad messages", messages, "")
    yield row("decoder, exceptions that are not ours", foreign, "", 0)
    yield row("decoder, longest for one message, CPU", 1000 * longest, "ms", 50.0)


def _decode(data: bytes) -> None:
    """As the engine reads a message."""
    envelope = opened(data)
    kinds = {**CONTROL, **COMMANDS}
    if envelope.kind in kinds:
        body = body_of(envelope.body, kinds[envelope.kind].body)
        if isinstance(body, Submit):
            body_of(body.params, JOBS[body.kind].body)


def _socket_fuzz(rng: random.Random) -> Iterator[BenchRow]:
    """Bursts on both sockets and beside ZeroMQ's greeting; a good client's ping after each."""
    messages = deaths = 0
    pings: list[float] = []
    until = time.monotonic() + _FUZZ_SECONDS
    while time.monotonic() < until:
        try:
            with client.connect() as good, client.connect() as bad:
                while time.monotonic() < until:
                    messages += _burst(rng, bad)
                    pings.append(ping_ms(good))
                    good.ask("job.list", Most(most=1), JobsReply)
        except CuelockError:
            deaths += 1
            stop_engines()
    yield row("sockets, bad messages", messages, "")
    yield row("engine deaths, or a good question not answered", deaths, "", 0)
    yield row("ping while fuzzed, p99", percentile(pings, 99), "ms", 30.0)


def _burst(rng: random.Random, bad: client.Engine) -> int:
    """Send some bad messages, and bytes that are no ZeroMQ; forget what is answered."""
    control, commands, _ = bad.sockets
    sent = 0
    for _ in range(_BURST):
        to = rng.choice((control, commands))
        with contextlib.suppress(zmq.Again):  # thrown out for its last message
            to.send(_bad(rng), zmq.DONTWAIT)
            sent += 1
    for one in (control, commands):
        while one.poll(0):
            one.recv()
    if rng.random() < 0.05:
        host, _, port = bad.address.control.removeprefix("tcp://").partition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port))) as raw:
            raw.sendall(rng.randbytes(200))
    return sent


def _bad(rng: random.Random) -> bytes:
    kind, body = rng.choice(_GOOD)
    return rng.choice(_SPOILING)(rng, message(kind, body, id=rng.randbytes(8).hex()))


def _noise(rng: random.Random, _good: bytes) -> bytes:
    return rng.randbytes(rng.randrange(2000))


def _flipped(rng: random.Random, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _cut(rng: random.Random, good: bytes) -> bytes:
    return good[: rng.randrange(len(good))]


def _doubled(rng: random.Random, good: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(good)) for _ in range(2))
    return good[:end] + good[begin:end] * rng.randint(1, 50) + good[end:]


def _overlong(rng: random.Random, good: bytes) -> bytes:
    """A text, bytes, list or map that says it holds 4 G."""
    at = rng.randrange(len(good))
    return good[:at] + rng.choice(b"\xdb\xc6\xdd\xdf").to_bytes() + b"\xff" * 4 + good[at:]


def _deep(rng: random.Random, good: bytes) -> bytes:
    depth = rng.choice((50, 2000, 1_000_000))
    tree = msgspec.msgpack.decode(good)
    return msgspec.msgpack.encode(tree | {"body": msgspec.Raw(b"\x91" * depth + b"\xc0")})


def _mistyped(rng: random.Random, good: bytes) -> bytes:
    tree = msgspec.msgpack.decode(good)
    holder = rng.choice(list(_holders(tree)))
    keys = [*holder, "unknown"] if isinstance(holder, dict) else range(len(holder))
    holder[rng.choice(keys)] = rng.choice(_ODD)
    return msgspec.msgpack.encode(tree)


def _misnamed(rng: random.Random, good: bytes) -> bytes:
    """Another version, another kind or none that is known."""
    tree = msgspec.msgpack.decode(good)
    kinds = [*CONTROL, *COMMANDS, "job.dance"]
    kinds.remove("shutdown")
    odd = rng.choice(({"v": [rng.choice((0, 2, 2**63)), 0]}, {"kind": rng.choice(kinds)}))
    return msgspec.msgpack.encode(tree | odd)


def _holders(tree: Any) -> Iterator[Any]:
    """Every map and list of a tree that is not empty."""
    if tree and isinstance(tree, (dict, list)):
        yield tree
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from _holders(value)


_SPOILING: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _noise, _flipped, _cut, _doubled, _overlong, _deep, _mistyped, _mistyped, _misnamed,
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    math.nan, math.inf, -1, -(2**63), 2**63, 2**64 - 1, None, True, 0.5, "", "\0", "é" * 5000,
    "x" * (MESSAGE_BYTES - 300), b"", b"\xff" * 100, [], {}, [[]], {"a": {}}, [1] * 10_000,
)  # fmt: skip
_PIECE = CompPiece(take="a", region_in="1s", region_out="2s")
_MOVE = EditMove(old_in=0, old_out=9, new_in=5)
_LOUDER = PointsEdit(points=(("1s", -6.0),))
_PARAMS: dict[JobKind, msgspec.Struct] = {
    "render": NOWHERE,
    "regenerate": RegenerateRequest(
        take="a", region_in="1s", region_out="2s", to="/", edits=(_LOUDER,)
    ),
    "comp": CompRequest(take="a", pieces=(_PIECE,), to="/"),
    "recut": RecutRequest(take="a", moves=(_MOVE,), to="/"),
}
_GOOD: tuple[tuple[str, msgspec.Struct], ...] = (
    ("hello", Hello(client="fuzz", version="1")),
    ("ping", Nothing()),
    ("status", Nothing()),
    ("job.cancel", NamedJob(job="a" * 32)),
    *(
        (
            "job.submit",
            Submit(job="a" * 32, kind=kind, params=msgspec.Raw(msgspec.msgpack.encode(asked))),
        )
        for kind, asked in _PARAMS.items()
    ),
    ("job.watch", WatchJob(job="a" * 32, after=1)),
    ("job.list", Most(most=1)),
    ("take.list", Most(most=1)),
    ("take.show", NamedTake(take="a")),
    ("take.star", StarTake(take="a", star=True)),
    ("take.note", NoteTake(take="a", note="dry")),
    ("blob.put", PutBlob(sha256="0" * 64, size=9, offset=0, data=b"abc")),
    ("blob.get", GetBlob(sha256="0" * 64, offset=0, most=9)),
    ("take.deliver", DeliverTake(take="a", to="/")),
)
