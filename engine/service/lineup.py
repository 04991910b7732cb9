"""Which job is next: by class, fair between clients, then by age. Pure; knows no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from host_bridge.protocol import Priority

_CLASSES: tuple[Priority, ...] = ("region", "preview", "batch")
AGEING_SECONDS = 600.0  # a job that waited so long stands one class higher


class Waiting(NamedTuple):
    """A job that is not at its end. since: when it was submitted, seconds of any clock.

    session: whose silence ends it, None for a job that lives on without its client.
    """

    job: str
    client: str
    priority: Priority
    supersede: str | None
    session: str | None
    since: float


def next_of(waiting: list[Waiting], served: dict[str, float], now: float) -> Waiting | None:
    """The job to run now.

    served: when each client's last job began; who waited longest for a turn goes first.

    >>> a = Waiting("a", "x", "batch", None, None, 0.0)
    >>> b = Waiting("b", "y", "region", None, None, 5.0)
    >>> next_of([a, b], {}, 6.0).job, next_of([a, b], {}, 1300.0).job
    ('b', 'a')
    """

    def place(one: Waiting) -> tuple[int, float, float]:
        aged = int((now - one.since) / AGEING_SECONDS)
        rank = max(0, _CLASSES.index(one.priority) - aged)
        return rank, served.get(one.client, float("-inf")), one.since

    return min(waiting, key=place, default=None)


def superseded(others: Iterable[Waiting], newer: Waiting) -> list[Waiting]:
    """Previews whose place the newer one takes."""
    if newer.priority != "preview" or newer.supersede is None:
        return []
    same = (newer.client, "preview", newer.supersede)
    return [one for one in others if (one.client, one.priority, one.supersede) == same]
