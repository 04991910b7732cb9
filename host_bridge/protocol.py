"""Every message of the wire, one frozen struct each.

A request holds everything that changes the result: the same request gives the same stems.
Times inside a request are the user's words (timecode, seconds, frames); the engine resolves
them against the clip, because only the clip knows its own rate and start timecode.
"""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from host_bridge.errors import CuelockError

Behaviour = Literal["auto", "sync", "ambience"]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One sound to make for a range. An empty prompt means "what the picture says".

    name: how stems and reports call it; strictness 0..1; gain_db is put on top of the
    predicted absolute level; focus is a box "x,y,w,h" in fractions of the picture.
    """

    name: str
    prompt: str
    seed: int
    negative: str = ""
    strictness: float = 0.8
    behaviour: Behaviour = "auto"
    gain_db: float = 0.0
    focus: Optional[str] = None


class RenderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Stems for a range of a clip.

    range_in/range_out: "01:00:02:00", "2.5s" or "48f", relative to start_timecode (None: the
    clip's own, else zero); out is exclusive. rate: the timeline's, None for the clip's own.
    curves and guide are paths and exclude each other. handles: frames before and after.
    steps: solver steps, None for the bundle's own. to: the folder that gets the files.
    """

    clip: str
    layers: tuple[Layer, ...]
    to: str
    range_in: Optional[str] = None
    range_out: Optional[str] = None
    start_timecode: Optional[str] = None
    rate: Optional[str] = None
    curves: Optional[str] = None
    guide: Optional[str] = None
    handles: int = 0
    variations: int = 1
    bundle: str = "small"
    steps: Optional[int] = None


class RangeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The range that was rendered: SMPTE in and out (exclusive), exact rate, length."""

    range_in: str = msgspec.field(name="in")
    range_out: str = msgspec.field(name="out")
    rate: str
    frames: int


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on the delivered stem against the wanted curves."""

    energy_error_db: float
    energy_within: float
    energy_correlation: Optional[float]
    onset_f1: Optional[float]
    loudness_lufs: Optional[float]
    true_peak_dbtp: float


class StemReport(msgspec.Struct, frozen=True, kw_only=True):
    """One delivered file. time_reference: samples since midnight of its first sample."""

    layer: str
    path: str
    sample_rate: int
    channels: int
    samples: int
    time_reference: int
    start_timecode: str
    handles: int
    seed: int
    sha256: str
    variation: int
    measures: Measures


class RenderReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a RenderRequest: one take. seconds: wall time by step."""

    take: str
    range: RangeReport
    stems: tuple[StemReport, ...]
    curves: tuple[str, ...]
    preview: Optional[str]
    plot: str
    seconds: dict[str, float]


class CurvesReply(msgspec.Struct, frozen=True, kw_only=True):
    """The Mel-QCD curves of a medium. path: the file they went to, None when none was named.

    rate: curve frames a second; energy and spread are natural logarithms of mel magnitude;
    codes: upper and lower half, each 0..80; timecode_rate is that of start_timecode.
    """

    source: Literal["picture", "sound"]
    start_timecode: str
    timecode_rate: str
    rate: int
    energy: tuple[float, ...]
    spread: tuple[float, ...]
    codes: tuple[tuple[int, int], ...]
    path: Optional[str]


class SpottedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A moment that should sound. frame and seconds (decimal) count from the clip's start."""

    timecode: str
    frame: int
    seconds: str
    confidence: float


class SpotReply(msgspec.Struct, frozen=True, kw_only=True):
    """The cue sheet of a clip, in the order of time. path: the file it went to, or None."""

    rate: str
    start_timecode: str
    events: tuple[SpottedEvent, ...]
    path: Optional[str]


class PresetReport(msgspec.Struct, frozen=True, kw_only=True):
    """A preset as its file says it. shipped: whether it came with cuelock."""

    name: str
    prompt: str
    negative: str
    strictness: float
    behaviour: Behaviour
    gain_db: float
    tags: tuple[str, ...]
    path: str
    shipped: bool


class PresetsReply(msgspec.Struct, frozen=True, kw_only=True):
    """Presets by name. refused: the files that are no valid presets, and why."""

    presets: tuple[PresetReport, ...]
    refused: tuple[ErrorReport, ...]


class PartReport(msgspec.Struct, frozen=True, kw_only=True):
    """One weight file of a bundle. data: what it learned from."""

    name: str
    file: str
    dtype: str
    bytes: int
    licence: str
    data: str


class BundleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle of weights. steps: solver steps when a request names none."""

    name: str
    path: str
    licence: str
    sample_rate: int
    steps: int
    parts: tuple[PartReport, ...]


class BundlesReply(msgspec.Struct, frozen=True, kw_only=True):
    """Bundles by name. refused: the folders that are no usable bundles, and why."""

    bundles: tuple[BundleReport, ...]
    refused: tuple[ErrorReport, ...]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at on this machine. remedy: what to do, empty when all is well."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


class DoctorReply(msgspec.Struct, frozen=True, kw_only=True):
    """Every check, in the order in which trouble is best looked for."""

    checks: tuple[Check, ...]


class BenchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure measured here. bound and holds: what was promised, None where nothing was."""

    name: str
    value: float
    unit: str
    bound: Optional[float]
    holds: Optional[bool]


class BenchReply(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of this machine."""

    rows: tuple[BenchRow, ...]


class TrainReply(msgspec.Struct, frozen=True, kw_only=True):
    """A training run that reached its last step. seconds: wall time of this call."""

    part: str
    config: str
    seconds: float


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """An error as clients see it; codes are listed in host_bridge.errors."""

    code: str
    message: str
    hint: str
    retryable: bool


class ErrorReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to anything that failed."""

    error: ErrorReport


def error_report(error: CuelockError) -> ErrorReport:
    """What goes over the wire of an error.

    >>> error_report(CuelockError("media.missing", "No a.mov.", hint="Look.")).retryable
    False
    """
    return ErrorReport(
        code=error.code, message=error.message, hint=error.hint, retryable=error.retryable
    )
