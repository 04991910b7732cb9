"""`cuelock bench`: speed and memory on this machine, each figure beside what is promised.

Promises are made for two idle cores and compared with wall time; where the machine is shared, the
CPU seconds beside it tell what idle cores would need. Every render runs in a process of its
own, so that its peak memory is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import psutil

from engine.evaluate.bench_engine import engine_rows
from engine.evaluate.bench_fuzz import fuzz_rows
from engine.evaluate.bench_line import line_rows
from engine.evaluate.bench_panel import panel_rows
from engine.evaluate.bench_soak import soak_rows
from engine.evaluate.clips import repeated, ten_seconds
from engine.evaluate.figures import row
from host_bridge.errors import CuelockError
from host_bridge.protocol import BenchReply, BenchRow, Layer, RenderRequest

SECONDS = 10
_RATE = 30
_GROUP = 60
_LONG = 60  # times the ten seconds: ten minutes
_CORES = 2


def run(part: str | None) -> BenchReply:
    """Measure one part, or all of PARTS.

    Raises CuelockError request.option for a part that is none.
    """
    parts = PARTS if part is None else {**PARTS, **LONG_PARTS}
    if part is not None and part not in parts:
        raise CuelockError(
            "request.option",
            f"There is no bench part {part!r}.",
            hint=f"Parts: {', '.join(parts)}.",
        )
    with tempfile.TemporaryDirectory(prefix="cuelock-bench-") as folder:
        clip = ten_seconds(Path(folder) / "ten.mp4")
        measured = [parts[name] for name in parts if part in (None, name)]
        return BenchReply(rows=tuple(row for measure in measured for row in measure(clip)))


def _range(clip: Path) -> Iterator[BenchRow]:
    """Ten seconds of 1080p30, warm: one layer, and what each further one costs."""
    one, two = _rendered(clip, layers=1), _rendered(clip, layers=2)
    yield row("10-s range, one layer, wall", one.wall, "s", 4.0)
    features = one.seconds["decode"]
    yield row("same, CPU seconds over two cores", one.cpu / _CORES, "s")
    for step, seconds in one.seconds.items():
        yield row(f"step {step}, wall now", seconds, "s")
    yield row("same with features cached, wall", one.wall - features, "s", 2.0)
    yield row("further layer, wall", two.wall - one.wall, "s", 1.5)
    yield row("ratio to real time, one layer", SECONDS / one.wall, "x")
    yield row("decode and features, share of wall", features / one.wall, "")
    yield row("peak memory", one.peak_mb, "MB")


def _growth(clip: Path) -> Iterator[BenchRow]:
    """From ten seconds to ten minutes: seconds a second, and peak memory."""
    long = repeated(clip, clip.with_name("long.mp4"), _LONG)
    short, much = _rendered(clip, layers=1), _rendered(long, layers=1)
    ratio = (much.cpu / (SECONDS * _LONG)) / (short.cpu / SECONDS)
    yield row("10 min against 10 s: seconds a second", ratio, "x", 1.1)
    yield row("10 min against 10 s: peak memory more", much.peak_mb - short.peak_mb, "MB", 100)


def _vocoder(_clip: Path) -> Iterator[BenchRow]:
    """The vocoder alone, two threads."""
    import torch

    from engine.bundles.load import load_bundle

    vocoder = load_bundle("small").vocoder
    frames = vocoder.spec.rate * SECONDS
    mel = torch.zeros(1, vocoder.spec.bands, frames)
    noise = torch.randn(1, vocoder.noise_channels, frames)
    with torch.no_grad():
        vocoder(mel, noise)
        begin = time.process_time()
        for _ in range(3):
            vocoder(mel, noise)
        seconds = (time.process_time() - begin) / 3 / _CORES
    yield row("vocoder, times real time", SECONDS / seconds, "x", 40.0, least=True)


def _decode(clip: Path) -> Iterator[BenchRow]:
    """Pictures decoded for a range that starts in the middle of a group."""
    from media.clip import open_clip
    from media.decode import Decoder

    decoder = Decoder(open_clip(clip))
    wanted = sum(1 for _ in decoder.pictures(95, 155, rate=Fraction(_RATE), size=(160, 90)))
    # Reordered pictures are decoded up to three beyond the group.
    yield row("pictures decoded beyond the range", decoder.decoded - wanted, "", _GROUP + 3)


def _start(clip: Path) -> Iterator[BenchRow]:
    """From nothing running, and the thin client's weight."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CUELOCK_HOME": folder}
        cuelock = [sys.executable, "-m", "engine.cli"]
        rain = ["render", str(clip), "--layer", "rain", "--seed", "1", "--to", folder, "--json"]
        begin = time.perf_counter()
        subprocess.run([*cuelock, *rain], check=True, capture_output=True, env=environment)
        cold = time.perf_counter() - begin
        subprocess.run([*cuelock, "engine", "stop"], check=True, env=environment)
    warm = _rendered(clip, layers=1).wall
    yield row("render from nothing running, more than warm", cold - warm, "s", 8.0)
    code = (
        "import time, psutil; bare = psutil.Process().memory_info().rss; t = time.process_time(); "
        "import host_bridge.client; t = time.process_time() - t; "
        "print(t, (psutil.Process().memory_info().rss - bare) / 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, megabytes = (float(word) for word in done.stdout.split())
    yield row("thin client's import", seconds, "s", 0.25)
    yield row("thin client's memory", megabytes, "MB", 20.0)


PARTS: dict[str, Callable[[Path], Iterator[BenchRow]]] = {
    "range": _range,
    "vocoder": _vocoder,
    "decode": _decode,
    "start": _start,
    "growth": _growth,
    "engine": engine_rows,
}
#: Long ones, and one with packages of its own, measured only when they are named.
LONG_PARTS: dict[str, Callable[[Path], Iterator[BenchRow]]] = {
    "soak": soak_rows,
    "fuzz": fuzz_rows,
    "line": line_rows,
    "panel": panel_rows,
}


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One measured render: wall and CPU seconds, peak memory, wall seconds by step."""

    wall: float
    cpu: float
    peak_mb: float
    seconds: dict[str, float]


def _rendered(clip: Path, *, layers: int) -> Figures:
    """Render a clip warm in a process of its own."""
    command = [sys.executable, "-m", "engine.evaluate.bench", str(clip), str(layers)]
    done = subprocess.run(command, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Figures)


def _measure(clip: Path, layers: int) -> None:
    """What `_rendered` runs: render once to be warm, once measured; print the figures."""
    from engine.service.render import render
    from media import EXAMPLE

    with tempfile.TemporaryDirectory() as folder:
        named = tuple(Layer(name=f"rain {n}", prompt="rain falls", seed=n) for n in range(layers))
        render(RenderRequest(clip=str(EXAMPLE), layers=named, to=folder, range_out="1s"))
        begin, cpu = time.perf_counter(), time.process_time()
        reply = render(RenderRequest(clip=str(clip), layers=named, to=folder)).reply
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = _peak_mb()
    figures = Figures(
        wall=wall,
        cpu=cpu,
        peak_mb=peak,
        seconds=reply.seconds,
    )
    print(msgspec.json.encode(figures).decode())


def _peak_mb() -> float:
    """The most memory this process has had, in MB."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 2**20
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


if __name__ == "__main__":
    _measure(Path(sys.argv[1]), int(sys.argv[2]))
