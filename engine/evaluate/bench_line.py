"""Ten thousand jobs over a bad line: each is answered, and done once."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from engine.evaluate.bad_line import bad_line
from engine.evaluate.figures import row
from engine.evaluate.live import NOWHERE, own_home, request
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import BenchRow, RenderReply
from media import EXAMPLE

_JOBS = 10_000
_CLIENTS = 8
RENDERS = 50  # every so many jobs one makes a take; others fail as soon as a worker has them


class Crossing(NamedTuple):
    """What became of jobs. answered: clients that heard their job's right end; jobs: that the
    journal holds; ended: with the events of a job that was done once; takes: that were kept;
    harm: what the line did.
    """

    answered: int
    jobs: int
    ended: int
    takes: int
    harm: Counter[str]


def line_rows(_clip: Path) -> Iterator[BenchRow]:
    """Many small jobs of several clients over a bad line, and the journal afterwards."""
    with own_home() as folder:
        begin = time.perf_counter()
        crossed = cross(folder, _JOBS)
        seconds = time.perf_counter() - begin
    yield row("jobs over a bad line, answered", crossed.answered, "", _JOBS, least=True)
    yield row("same, lost", _JOBS - crossed.ended, "", 0)
    yield row("same, doubled", crossed.jobs - _JOBS, "", 0)
    yield row("same, takes", crossed.takes, "", len(range(0, _JOBS, RENDERS)), least=True)
    yield row("same, seconds a job", seconds / _JOBS, "s")
    for what, count in sorted(crossed.harm.items()):
        kind = "connections" if what in ("cut", "refused") else "events"
        yield row(f"bad line, {kind} {what}", count, "")


def cross(home: Path, jobs: int) -> Crossing:
    """Give so many jobs to this home's engine over a bad line; then look into its journal."""
    client.connect().close()
    with bad_line(random.Random(0)) as harm, ThreadPoolExecutor(_CLIENTS) as clients:
        answered = sum(clients.map(partial(_given, home), range(jobs)))
    with contextlib.closing(
        sqlite3.connect(f"file:{home / 'takes' / 'takes.sqlite'}?mode=ro", uri=True)
    ) as db:
        (known,) = db.execute("SELECT count(*) FROM job").fetchone()
        (takes,) = db.execute("SELECT count(*) FROM take").fetchone()
        told = db.execute(
            "SELECT state, (SELECT group_concat(kind) FROM"
            " (SELECT kind FROM event WHERE job = id ORDER BY seq)) FROM job"
        ).fetchall()
    ended = sum(events == f"queued,running,{state}" for state, events in told)
    return Crossing(answered, known, ended, takes, harm)


def _given(home: Path, number: int) -> bool:
    """Give a job and wait for its end; whether it is the right one."""
    to = home / "to" / str(number)
    take = request(EXAMPLE, to, seed=number, steps=1, range_out="0.2s")
    asked = NOWHERE if number % RENDERS else take
    try:
        return Path(client.run("render", asked, RenderReply).stems[0].path).is_file()
    except CuelockError as error:
        return number % RENDERS > 0 and error.code == "media.missing"
    finally:
        shutil.rmtree(to, ignore_errors=True)
