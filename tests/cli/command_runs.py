"""What the tests of the command line share: a finished command, and a finished render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from host_bridge.protocol import Measures, RangeReport, RenderReply, StemReport


class Ran(NamedTuple):
    """What a command left: exit status, bytes on stdout, text on stderr."""

    status: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout; fails when there is anything else."""
        assert self.out.count(b"\n") == 1
        return msgspec.json.decode(self.out)


Cuelock = Callable[..., Ran]
Seam = Callable[..., None]


def through(render: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's `run` that hands every request to a function."""

    def run(_kind: str, request: Any, _reply: Any, progress: Any, excerpt: Any = None) -> Any:
        assert excerpt is None  # for engines of other machines
        return render(request, progress)

    return run


_MEASURES = Measures(
    energy_error_db=0.31,
    energy_within=0.99,
    energy_correlation=0.98,
    onset_f1=None,
    loudness_lufs=None,
    true_peak_dbtp=-3.2,
)
_STEM = StemReport(
    layer="footsteps on gravel",
    path="/tmp/a [1].wav",
    sample_rate=48_000,
    channels=1,
    samples=168_168,
    time_reference=173_068_896,
    start_timecode="01:00:02:00",
    handles=0,
    seed=7,
    sha256="ab" * 32,
    variation=0,
    measures=_MEASURES,
)
RENDERED = RenderReply(
    take="t1",
    range=RangeReport(
        range_in="01:00:02:00", range_out="01:00:05:12", rate="24000/1001", frames=84
    ),
    stems=(_STEM,),
    curves=("/tmp/a.npz",),
    preview=None,
    plot="/tmp/a.png",
    seconds={"decode": 0.4, "generate": 1.9},
)
