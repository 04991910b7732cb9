"""A living engine to be measured: in a home of its own, with jobs to do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import msgspec
import psutil

from engine.evaluate.figures import seconds_of
from host_bridge import client
from host_bridge.discovery import published
from host_bridge.protocol import (
    JobStatus,
    Layer,
    NamedJob,
    Nothing,
    Priority,
    ProgressReport,
    RenderRequest,
    Submit,
    Watched,
    WatchJob,
)

ENDED = ("done", "failed", "cancelled")
NOWHERE = RenderRequest(clip="/nowhere.mp4", layers=(Layer(name="a", prompt="", seed=0),), to="")
LOST_SECONDS = 120.0  # what did not come by then is lost


@contextlib.contextmanager
def own_home() -> Generator[Path]:
    """CUELOCK_HOME is a folder of its own meanwhile; whatever engine ran in it is gone after."""
    before = os.environ.get("CUELOCK_HOME")
    with tempfile.TemporaryDirectory(prefix="cuelock-bench-") as folder:
        os.environ["CUELOCK_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            stop_engines()
            if before is None:
                del os.environ["CUELOCK_HOME"]
            else:
                os.environ["CUELOCK_HOME"] = before


def stop_engines() -> None:
    for engine in client.started:
        engine.terminate()
        try:
            engine.wait(10)
        except subprocess.TimeoutExpired:
            engine.kill()
            engine.wait()


def request(
    clip: Path,
    to: Path,
    *,
    layers: int = 1,
    seed: int = 1,
    steps: int | None = None,
    range_out: str | None = None,
) -> RenderRequest:
    """Rain; layers beyond the first are called "rain (2)" and so on."""
    rain = Layer(name="rain", prompt="rain falls", seed=seed)
    return RenderRequest(
        clip=str(clip), layers=(rain,) * layers, to=str(to), steps=steps, range_out=range_out
    )


def submit(request: RenderRequest, priority: Priority = "region") -> Submit:
    params = msgspec.Raw(msgspec.msgpack.encode(request))
    return Submit(job=uuid.uuid4().hex, kind="render", params=params, priority=priority)


def long_job(engine: client.Engine, clip: Path, folder: Path) -> str:
    """Give a job that would take minutes; returns once it generates."""
    asked = submit(request(clip, folder / "long", steps=1000))
    engine.follow(asked.job)
    engine.ask("job.submit", asked, JobStatus)
    for event in said_by(engine):
        if isinstance(event, ProgressReport) and (event.job, event.stage) == (asked.job, "rain"):
            break
    return asked.job


def end(engine: client.Engine, job: str) -> None:
    """Cancel a job and wait until it is at its end."""
    engine.ask("job.cancel", NamedJob(job=job), JobStatus)
    until(engine, job, ended)


def ended(status: JobStatus) -> bool:
    return status.state in ENDED


def watched(engine: client.Engine, job: str) -> JobStatus:
    return engine.ask("job.watch", WatchJob(job=job), Watched).status


def until(engine: client.Engine, job: str, hope: Callable[[JobStatus], bool]) -> None:
    until = time.monotonic() + LOST_SECONDS
    while not hope(watched(engine, job)):
        if time.monotonic() > until:
            raise TimeoutError(f"job {job} does not go on")
        time.sleep(0.01)


def said_by(engine: client.Engine) -> Iterator[msgspec.Struct]:
    """Events as they come."""
    until = time.monotonic() + LOST_SECONDS
    while time.monotonic() < until:
        event = engine.next_event(1.0)
        if event is not None:
            yield event
    raise TimeoutError("the event does not come")


def ping_ms(engine: client.Engine) -> float:
    return 1000 * seconds_of(lambda: engine.ask("ping", Nothing(), Nothing))


def the_supervisor() -> psutil.Process:
    address = published()
    assert address is not None
    return psutil.Process(address.pid)


def the_worker() -> psutil.Process:
    return the_supervisor().children()[0]


def megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


def descriptors(process: psutil.Process) -> int:
    return process.num_handles() if sys.platform == "win32" else process.num_fds()


def times_woken(process: psutil.Process) -> int:
    """How often a process's threads were woken, up to now."""
    if sys.platform != "linux":
        return process.num_ctx_switches().voluntary
    threads = (psutil.Process(thread.id) for thread in process.threads())
    return sum(thread.num_ctx_switches().voluntary for thread in threads)
