"""Many clients at once: who is answered, how often, how fast."""

from __future__ import annotations

import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import zmq

from host_bridge.discovery import own_keys, published
from host_bridge.protocol import (
    Most,
    Nothing,
)
from host_bridge.wire import COMMANDS, CONTROL, message, opened

_SILENT_MS = 5000  # sockets that are silent for so long have nothing more to say


class Load(NamedTuple):
    """What became of many requests. took: milliseconds of each; lost and twice: how many."""

    took: list[float]
    seconds: float
    lost: int
    twice: int


class Question(NamedTuple):
    """A request that waits to be sent."""

    line: zmq.Socket[bytes]
    id: str
    data: bytes


def ask_all(clients: int, each: int, at_once: int, kinds: tuple[str, ...]) -> Load:
    """So many clients in this process ask in turns; each has `at_once` questions on the way."""
    context = zmq.Context()
    try:
        pairs = [(_line(context, control=True), _line(context, control=False))
                 for _ in range(clients)]  # fmt: skip
        plans = [deque(_questions(*pair, each, kinds)) for pair in pairs]
        plan_of = {line: plan for pair, plan in zip(pairs, plans, strict=True) for line in pair}
        return _answers(plan_of, at_once, clients * each)
    finally:
        context.destroy(linger=0)


def _line(context: zmq.Context[Any], *, control: bool) -> zmq.Socket[bytes]:
    """A connection of its own that was answered once."""
    address, keys = published(), own_keys("client")
    assert address is not None
    line: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    line.curve_publickey, line.curve_secretkey = keys.public.encode(), keys.secret.encode()
    line.curve_serverkey = address.server_key.encode()
    line.connect(address.control if control else address.commands)
    line.send(message("ping", Nothing()) if control else message("job.list", Most(most=1)))
    line.recv()
    return line


def _questions(
    control: zmq.Socket[bytes], commands: zmq.Socket[bytes], each: int, kinds: tuple[str, ...]
) -> Iterator[Question]:
    for number in range(each):
        kind, id_ = kinds[number % len(kinds)], uuid.uuid4().hex
        body = Most(most=1) if kind in COMMANDS else Nothing()
        yield Question(control if kind in CONTROL else commands, id_, message(kind, body, id_))


def _answers(plan_of: dict[zmq.Socket[bytes], deque[Question]], at_once: int, wanted: int) -> Load:
    sent: dict[str, float] = {}
    took: list[float] = []
    answers: Counter[str] = Counter()

    def ask(plan: deque[Question]) -> None:
        line, id_, data = plan.popleft()
        sent[id_] = time.perf_counter()
        line.send(data)

    poller = zmq.Poller()
    for line in plan_of:
        poller.register(line, zmq.POLLIN)
    begin = last = time.perf_counter()
    for plan in {id(plan): plan for plan in plan_of.values()}.values():
        for _ in range(at_once):
            ask(plan)
    while ready := poller.poll(_SILENT_MS):
        for line, _ in ready:
            answer = opened(line.recv())
            last = time.perf_counter()
            took.append(1000 * (last - sent[answer.id]))
            answers[answer.id] += answer.kind == "ok"
            if plan_of[line]:
                ask(plan_of[line])
    once = sum(count > 0 for count in answers.values())
    return Load(took, last - begin, wanted - once, answers.total() - once)
