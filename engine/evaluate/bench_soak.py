"""A thousand jobs, and what grows meanwhile."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.evaluate.figures import row
from engine.evaluate.live import (
    descriptors,
    megabytes,
    own_home,
    request,
    the_supervisor,
    the_worker,
)
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BenchRow,
    RenderReply,
)
from media import EXAMPLE

_JOBS = 1000
_SAMPLED = range(100, _JOBS + 1, 50)  # jobs before it are warm-up


class Sample(NamedTuple):
    """The engine now. Memory and database in MB; descriptors and threads of both processes."""

    supervisor: float
    worker: float
    descriptors: int
    threads: int
    database: float


def soak_rows(_clip: Path) -> Iterator[BenchRow]:
    """A thousand small jobs, one after the other, each on a connection of its own."""
    samples: list[Sample] = []
    done = failed = 0
    with own_home() as folder:
        begin = time.perf_counter()
        for number in range(1, _JOBS + 1):
            asked = request(EXAMPLE, folder / "to", seed=number, steps=1, range_out="0.2s")
            try:
                client.run("render", asked, RenderReply)
                done += 1
            except CuelockError as error:
                failed += error.code != "engine.unreachable"
            shutil.rmtree(folder / "to", ignore_errors=True)
            if number in _SAMPLED:
                samples.append(_sample(folder))
        seconds = time.perf_counter() - begin
    yield row("small jobs, done", done, "", _JOBS, least=True)
    yield row("small jobs, lost", _JOBS - done - failed, "", 0)
    yield row("small jobs, seconds a job", seconds / _JOBS, "s")
    for name, column, bound in (
        ("supervisor's memory", "supervisor", 5.0),
        ("worker's memory", "worker", 30.0),
        ("database", "database", None),
    ):
        values = [getattr(sample, column) for sample in samples]
        slope = float(np.polyfit(_SAMPLED, values, 1)[0])
        yield row(f"{name}, more in a thousand jobs", 1000 * slope, "MB", bound)
    yield row("descriptors, more at the end", _growth([s.descriptors for s in samples]), "", 0)
    yield row("threads, more at the end", _growth([s.threads for s in samples]), "", 0)


def _sample(folder: Path) -> Sample:
    supervisor, worker = the_supervisor(), the_worker()
    files = (folder / "takes").glob("takes.sqlite*")
    return Sample(
        supervisor=megabytes(supervisor),
        worker=megabytes(worker),
        descriptors=descriptors(supervisor) + descriptors(worker),
        threads=supervisor.num_threads() + worker.num_threads(),
        database=sum(file.stat().st_size for file in files) / 2**20,
    )


def _growth(values: list[int]) -> float:
    """The median of the last five over that of the first five."""
    return statistics.median(values[-5:]) - statistics.median(values[:5])
