"""What tests of the resident engine share: small requests, and waiting for what is hoped."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from host_bridge import client
from host_bridge.protocol import (
    EngineStatus,
    JobStatus,
    Layer,
    Nothing,
    RenderRequest,
    Shutdown,
    Submit,
    Watched,
    WatchJob,
)

BOUNCE = Path(__file__).parent / "media" / "bounce.mp4"


def stopped() -> None:
    """Stop this home's engine and wait until it is gone."""
    with client.connect(start=False) as engine:
        pid = engine.address.pid
        engine.ask("shutdown", Shutdown(), Nothing)
    for process in client.started:
        if process.pid == pid:
            process.wait(20)


def request(to: Path, *, steps: int = 2, out: str = "1s") -> RenderRequest:
    layers = (Layer(name="knock", prompt="wood is hit", seed=1),)
    return RenderRequest(clip=str(BOUNCE), layers=layers, to=str(to), range_out=out, steps=steps)


def submitted(asked: RenderRequest, job: str = "") -> Submit:
    params = msgspec.Raw(msgspec.msgpack.encode(asked))
    return Submit(job=job or uuid.uuid4().hex, kind="render", params=params)


def until(engine: client.Engine, job: str, hope: Callable[[JobStatus], bool]) -> JobStatus:
    """The job's status as soon as it is as hoped; fails after three minutes."""
    engine.follow(job)
    end = time.monotonic() + 180
    while time.monotonic() < end:
        status = engine.ask("job.watch", WatchJob(job=job), Watched).status
        if hope(status):
            return status
        engine.next_event(0.5)
    raise AssertionError(f"the job stays {status}")


def ended(status: JobStatus) -> bool:
    return status.state in ("done", "failed", "cancelled")


def worker_of(engine: client.Engine) -> psutil.Process:
    pid = engine.ask("status", Nothing(), EngineStatus).pid
    return next(child for child in psutil.Process(pid).children())
