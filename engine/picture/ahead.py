"""Work ahead: an iterator runs in a thread of its own while its consumer works on what it gave."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import NamedTuple, TypeVar

T = TypeVar("T")
_WAIT = 0.1  # seconds between looks whether anybody still wants more


class _Ended(NamedTuple):
    """The last thing in a queue: why the iterator came to its end."""

    error: BaseException | None


def ahead(items: Iterable[T], most: int) -> Generator[T]:
    """The items in order, at most `most` of them made before they are asked for.

    What the iterator raises is raised here, in its place. Closing the generator stops the thread.

    >>> list(ahead(range(5), 2))
    [0, 1, 2, 3, 4]
    """
    queue: Queue[T | _Ended] = Queue(most)
    stopped = Event()

    def put(item: T | _Ended) -> None:
        while not stopped.is_set():
            with suppress(Full):
                queue.put(item, timeout=_WAIT)
                return

    def work() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as raised:
            error = raised
        put(_Ended(error))

    thread = Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = queue.get()
            if not isinstance(item, _Ended):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        stopped.set()
        thread.join()
