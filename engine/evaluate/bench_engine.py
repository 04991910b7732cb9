"""The resident engine against its goals, and what it costs and saves, as clients meet it."""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil

from engine.evaluate.clips import repeated
from engine.evaluate.crowd import ask_all
from engine.evaluate.figures import paced, percentile, row, seconds_of
from engine.evaluate.live import (
    ENDED,
    LOST_SECONDS,
    NOWHERE,
    end,
    ended,
    long_job,
    megabytes,
    own_home,
    ping_ms,
    request,
    said_by,
    stop_engines,
    submit,
    the_supervisor,
    the_worker,
    times_woken,
    until,
    watched,
)
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BenchRow,
    HeardSound,
    JobEvent,
    JobStatus,
    NamedJob,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    Submit,
    Watched,
    WatchJob,
)
from host_bridge.wire import message
from media import EXAMPLE

_TURNS = 3  # of what is measured several times
_DEATHS = 6
_BUSY_SECONDS = 20.0
_IDLE_SECONDS = 20.0
_SETTLE_SECONDS = 2.0


def engine_rows(clip: Path) -> Iterator[BenchRow]:
    """The goals of a resident engine, then what it costs and saves beside the bare pipeline."""
    with own_home() as folder:
        starts = _starts()
        yield from starts.rows
        yield from _pings(clip, folder)
        yield from _acks(clip, folder)
        yield from _crowd()
        yield from _events()
        yield from _cancels(clip, folder)
        yield from _idle()
        yield from _worker_death(clip, folder, starts.worker)
        yield from _engine_death(clip, folder)
        yield from _import()
        cost = _own_cost(clip, folder)
        yield from cost.rows
        yield from _first_window(clip, folder)
        yield from _reroll(clip, folder, cost.bare)
        yield from _answered_once()


class Starts(NamedTuple):
    """Rows of a start, and the seconds a worker took to take its first job."""

    rows: list[BenchRow]
    worker: float


def _starts() -> Starts:
    hellos: list[float] = []
    workers: list[float] = []
    for _ in range(_TURNS):
        stop_engines()
        begin = time.perf_counter()
        with client.connect() as engine:
            here = time.perf_counter()
            hellos.append(here - begin)
            asked = submit(NOWHERE)
            engine.ask("job.submit", asked, JobStatus)
            until(engine, asked.job, lambda status: status.state != "queued")
            workers.append(time.perf_counter() - here)
    hello, worker = statistics.median(hellos), statistics.median(workers)
    rows = [
        row("cold start to hello, median of 3", hello, "s", 0.6),
        row("cold start to a worker that takes a job, median of 3", hello + worker, "s", 6.0),
    ]
    return Starts(rows, worker)


def _pings(clip: Path, folder: Path) -> Iterator[BenchRow]:
    with client.connect() as engine:
        idle = [ping_ms(engine) for _ in range(5000)]
        yield row("ping, idle, p50", percentile(idle, 50), "ms", 0.4)
        yield row("ping, idle, p99", percentile(idle, 99), "ms", 5.0)
        job = long_job(engine, clip, folder)
        with _another_busy_process():
            psutil.cpu_percent()
            busy = list(paced(_BUSY_SECONDS, 0.005, lambda: ping_ms(engine)))
            cores = psutil.cpu_percent()
        end(engine, job)
    yield row("ping, worker generating, cores busy, 20 s, p99", percentile(busy, 99), "ms", 15.0)
    yield row("ping, worker generating, cores busy, 20 s, worst", max(busy), "ms", 250.0)
    yield row("cores busy meanwhile", cores, "%")


@contextlib.contextmanager
def _another_busy_process() -> Generator[None]:
    """Generating alone leaves a part of two cores idle."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def _acks(clip: Path, folder: Path) -> Iterator[BenchRow]:
    with client.connect() as engine:
        idle: list[float] = []
        for _ in range(200):
            asked, took = _acknowledged(engine)
            idle.append(took)
            until(engine, asked.job, ended)
        yield row("submit to durable ack, idle, p50", percentile(idle, 50), "ms", 3.0)
        job = long_job(engine, clip, folder)
        beside = list(paced(_BUSY_SECONDS, 0.02, lambda: _taken_back(engine)))
        end(engine, job)
        yield row("same, beside a render, 20 s, p99", percentile(beside, 99), "ms", 50.0)
        writing = _acks_while_takes_are_stored(engine, clip, folder)
    yield row("same, beside stem writing, p99", percentile(writing, 99), "ms", 50.0)
    yield row("same, beside stem writing, worst", max(writing), "ms")


def _acks_while_takes_are_stored(engine: client.Engine, clip: Path, folder: Path) -> list[float]:
    """Milliseconds of acknowledgements while short renders end one after the other."""
    renders = [
        submit(request(clip, folder / "stored", seed=seed, steps=1, layers=2)) for seed in range(8)
    ]
    for asked in renders:
        engine.ask("job.submit", asked, JobStatus)
    took: list[float] = []
    while not ended(watched(engine, renders[-1].job)):
        took.append(_taken_back(engine))
        time.sleep(0.01)
    return took


def _acknowledged(engine: client.Engine) -> tuple[Submit, float]:
    """A job that fails as soon as a worker has it, and the milliseconds of its acknowledgement."""
    asked = submit(NOWHERE, priority="batch")
    begin = time.perf_counter()
    engine.ask("job.submit", asked, JobStatus)
    return asked, 1000 * (time.perf_counter() - begin)


def _taken_back(engine: client.Engine) -> float:
    asked, took = _acknowledged(engine)
    engine.ask("job.cancel", NamedJob(job=asked.job), JobStatus)
    return took


def _crowd() -> Iterator[BenchRow]:
    load = ask_all(clients=64, each=300, at_once=1, kinds=("status", "job.list"))
    rate = len(load.took) / load.seconds
    name = "status and list, 64 CURVE clients of one process"
    yield row(f"{name}, requests a second", rate, "1/s", 5000, least=True)
    yield row(f"{name}, p99", percentile(load.took, 99), "ms", 30.0)


def _answered_once() -> Iterator[BenchRow]:
    kinds = ("ping", "status", "job.list", "take.list")
    load = ask_all(clients=100, each=100, at_once=100, kinds=kinds)
    yield row("10,000 small requests of 100 clients, lost", load.lost, "", 0)
    yield row("same, answered twice", load.twice, "", 0)
    yield row("same, seconds for all", load.seconds, "s")


def _events() -> Iterator[BenchRow]:
    """A thousand events, each beside the journal's own time of it (whole milliseconds)."""
    late: list[float] = []
    seen: dict[str, set[int]] = {}
    with client.connect() as engine:
        _, commands, events = engine.sockets
        events.subscribe(b"event/")
        for _ in range(333):
            asked = submit(NOWHERE)
            numbers = seen[asked.job] = set[int]()
            commands.send(message("job.submit", asked))
            for event in said_by(engine):
                if isinstance(event, JobEvent) and event.job == asked.job:
                    late.append(time.time_ns() / 1e6 - event.at)
                    numbers.add(event.seq)
                    if event.kind in ENDED:
                        break
            commands.recv()
        last = {job: watched(engine, job).last_seq for job in seen}
        replayed = {
            job: len(engine.ask("job.watch", WatchJob(job=job), Watched).events) for job in seen
        }
    yield row("event written to seen by a watcher, p99", percentile(late, 99), "ms", 25.0)
    written = sum(last.values())
    missed = written - sum(map(len, seen.values()))
    lost = written - sum(replayed.values())
    yield row(f"of {written} events, missed before replay", missed, "")
    yield row(f"of {written} events, lost after replay", lost, "", 0)


def _cancels(clip: Path, folder: Path) -> Iterator[BenchRow]:
    queued: list[float] = []
    running: list[float] = []
    with client.connect() as engine:
        for _ in range(_TURNS):
            job = long_job(engine, clip, folder)
            for _ in range(10):
                waiting = submit(NOWHERE)
                engine.ask("job.submit", waiting, JobStatus)
                queued.append(seconds_of(lambda job=waiting.job: end(engine, job)))
            running.append(seconds_of(lambda job=job: end(engine, job)))
    yield row("cancel of a queued job, worst of 30", 1000 * max(queued), "ms", 50.0)
    yield row("cancel of a running job (goal: a step + 0.1 s), worst of 3", max(running), "s", 1.0)


def _idle() -> Iterator[BenchRow]:
    """The supervisor with an idle worker and no client."""
    time.sleep(_SETTLE_SECONDS)
    supervisor = the_supervisor()
    turns, begin = times_woken(supervisor), supervisor.cpu_times()
    time.sleep(_IDLE_SECONDS)
    end, woken = supervisor.cpu_times(), times_woken(supervisor) - turns
    share = (end.user + end.system - begin.user - begin.system) / _IDLE_SECONDS
    yield row("idle supervisor, memory", megabytes(supervisor), "MB", 60.0)
    yield row("idle supervisor, CPU", 100 * share, "%", 0.5)
    yield row("idle supervisor, wake-ups a second, all threads", woken / _IDLE_SECONDS, "1/s", 5.0)


def _worker_death(clip: Path, folder: Path, worker: float) -> Iterator[BenchRow]:
    """Once an engine: only its first is replaced at once. worker: seconds until one takes a job."""
    deaths = [_died(clip, folder) for _ in range(_TURNS)]
    noticed, again = (statistics.median(column) for column in zip(*deaths, strict=True))
    yield row("worker killed, its process gone to noticed, median of 3", 1000 * noticed, "ms", 50.0)
    yield row("worker killed, job runs again, median of 3", again, "s", worker + 0.5)


def _died(clip: Path, folder: Path) -> tuple[float, float]:
    """Kill a new engine's worker: seconds from its end to noticed, from the kill to running."""
    after: dict[str, float] = {}
    stop_engines()
    with client.connect() as engine:
        job = long_job(engine, clip, folder)
        known = watched(engine, job).last_seq
        engine.follow(job)
        process = the_worker()
        process.kill()
        begin = time.perf_counter()
        process.wait()  # the system takes its time to give so much memory back
        gone = time.perf_counter() - begin
        for event in said_by(engine):
            if isinstance(event, JobEvent) and event.seq > known:
                after[event.kind] = time.perf_counter() - begin
                if event.kind == "running":
                    break
        end(engine, job)
    return after["queued"] - gone, after["running"]


def _engine_death(clip: Path, folder: Path) -> Iterator[BenchRow]:
    """More turns than elsewhere: what goes wrong here depends on when a client asks."""
    again: list[float] = []
    for _ in range(_DEATHS):
        with client.connect() as engine:
            job = long_job(engine, clip, folder)
        the_supervisor().kill()
        again.append(seconds_of(lambda job=job: _known_again(job)))
        with client.connect() as engine:
            end(engine, job)
    yield row("kill -9 of the engine to a job's state, worst of 6", max(again), "s", 1.5)


def _known_again(job: str) -> None:
    until = time.monotonic() + LOST_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(CuelockError), client.connect() as engine:
            watched(engine, job)
            return
    raise TimeoutError("the engine does not come back")


def _import() -> Iterator[BenchRow]:
    code = (
        "import time; t = time.perf_counter(); import host_bridge.client; "
        "print(time.perf_counter() - t)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    yield row("import of host_bridge.client, wall", 1000 * statistics.median(took), "ms", 250.0)


class Cost(NamedTuple):
    """Rows of what the engine costs over the bare pipeline, and that one's seconds."""

    rows: list[BenchRow]
    bare: float


def _own_cost(clip: Path, folder: Path) -> Cost:
    """Copies of the clip, so that pictures are measured anew each time; both ways take turns."""
    plain: list[float] = []
    resident: list[float] = []
    warm = request(EXAMPLE, folder / "warm", range_out="1s")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as alone:
        alone.submit(_rendered_alone, warm).result()
        client.run("render", warm, RenderReply)
        for turn in range(_TURNS):
            copy = Path(shutil.copyfile(clip, folder / f"copy {turn}.mp4"))
            asked = request(copy, folder / "alone")
            plain.append(alone.submit(_rendered_alone, asked).result())
            asked = request(copy, folder / "resident")
            resident.append(
                seconds_of(lambda asked=asked: client.run("render", asked, RenderReply))
            )
    bare = statistics.median(plain)
    more = statistics.median(resident) / bare - 1
    rows = [
        row("10-s render, warm, bare pipeline", bare, "s"),
        row("same, the engine's own cost over it", 100 * more, "%", 3.0),
    ]
    return Cost(rows, bare)


def _rendered_alone(request: RenderRequest) -> float:
    """Seconds of a render in this process."""
    from engine.service.render import render

    return seconds_of(lambda: render(request))


def _first_window(clip: Path, folder: Path) -> Iterator[BenchRow]:
    minute = repeated(clip, folder / "minute.mp4", 6)
    heard: list[float] = []
    with client.connect() as engine:
        asked = submit(request(minute, folder / "minute"))
        engine.follow(asked.job, hear=True)
        begin = time.perf_counter()
        engine.ask("job.submit", asked, JobStatus)
        for event in said_by(engine):
            if isinstance(event, HeardSound):
                heard.append(time.perf_counter() - begin)
            if isinstance(event, JobEvent) and event.kind == "done":
                break
        whole = time.perf_counter() - begin
    yield row("60-s range, warm, wall", whole, "s")
    yield row("same, first audible window, share of it", heard[0] / whole, "", 0.2)


def _reroll(clip: Path, folder: Path, bare: float) -> Iterator[BenchRow]:
    """bare: seconds of a 10-s render in this run, which tell how fast the machine is today."""
    first = client.run("render", request(clip, folder / "first"), RenderReply)
    took: list[float] = []
    worked: list[float] = []
    for seed in range(1 + _TURNS):
        asked = RegenerateRequest(
            take=first.take, region_in="4s", region_out="6s", seed=seed + 2, lock=("energy",),
            to=str(folder / f"again {seed}"),
        )  # fmt: skip
        begin = _cpu_seconds(the_worker())
        took.append(seconds_of(lambda asked=asked: client.run("regenerate", asked, RenderReply)))
        worked.append(_cpu_seconds(the_worker()) - begin)
    wall = statistics.median(took[1:])  # the first one warms up
    yield row("warm re-roll of a 2-s region, energy kept, median of 3", wall, "s", 1.2)
    yield row("same, CPU seconds of the worker", statistics.median(worked[1:]), "s")
    yield row("same, share of the bare 10-s render", wall / bare, "")


def _cpu_seconds(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system
