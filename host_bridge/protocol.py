"""Every message of the wire, one frozen struct each.

A request holds everything that changes the result: the same request gives the same stems.
Times inside a request are the user's words (timecode, seconds, frames); the engine resolves
them against the clip, because only the clip knows its own rate and start timecode.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, Optional, Union

import msgspec

from host_bridge.errors import CuelockError

NIL = msgspec.Raw(b"\xc0")

Behaviour = Literal["auto", "sync", "ambience"]
Curve = Literal["energy", "spread", "semantic"]
JobKind = Literal["render", "regenerate", "comp", "recut"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
Priority = Literal["region", "preview", "batch"]
Scope = Literal["view", "generate", "manage"]
# What the wire lets through at all; the engine looks closer.
Text = Annotated[str, msgspec.Meta(max_length=8000)]
Path = Annotated[str, msgspec.Meta(max_length=4096, pattern="^[^\\x00]*$")]
Words = Annotated[str, msgspec.Meta(max_length=200)]  # a time, a rate, a name
Seed = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Steps = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Variations = Annotated[int, msgspec.Meta(ge=1, le=64)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Frame = Annotated[int, msgspec.Meta(ge=-(2**40), le=2**40)]
JobId = Annotated[str, msgspec.Meta(min_length=16, max_length=64)]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One sound to make for a range. An empty prompt means "what the picture says".

    name: how stems and reports call it; strictness 0..1; gain_db is put on top of the
    predicted absolute level; focus is a box "x,y,w,h" in fractions of the picture.
    """

    name: Words
    prompt: Text
    seed: Seed
    negative: Text = ""
    strictness: Share = 0.8
    behaviour: Behaviour = "auto"
    gain_db: float = 0.0
    focus: Optional[Words] = None


class RenderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Stems for a range of a clip.

    range_in/range_out: "01:00:02:00", "2.5s" or "48f", relative to start_timecode (None: the
    clip's own, else zero); out is exclusive. rate: the timeline's, None for the clip's own.
    curves and guide are paths and exclude each other. handles: frames before and after.
    steps: solver steps, None for the bundle's own. to: the folder that gets the files.
    """

    clip: Path
    layers: Annotated[tuple[Layer, ...], msgspec.Meta(max_length=64)]
    to: Path
    range_in: Optional[Words] = None
    range_out: Optional[Words] = None
    start_timecode: Optional[Words] = None
    rate: Optional[Words] = None
    curves: Optional[Path] = None
    guide: Optional[Path] = None
    handles: Count = 0
    variations: Variations = 1
    bundle: Words = "small"
    steps: Optional[Steps] = None


class GainEdit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit", tag="gain"):
    """Energy louder by so many dB."""

    db: float


class NudgeEdit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit", tag="nudge"):
    """All curves later by so many frames of the timeline, or earlier."""

    frames: Frame


class StretchEdit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit", tag="stretch"):
    """All curves slower by a factor, from the region's in point on; what no longer fits is cut."""

    factor: float


class SmoothEdit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit", tag="smooth"):
    """Energy smoothed over so many milliseconds, between onsets: an attack stays as it is."""

    milliseconds: float


class PointsEdit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit", tag="points"):
    """Energy through breakpoints (time, dB): straight between them, unchanged outside them.

    Times as in RenderRequest; dB is 20 log10 of the mean mel magnitude, as curves are drawn.
    """

    points: Annotated[tuple[tuple[Words, float], ...], msgspec.Meta(max_length=10_000)]


CurveEdit = Union[GainEdit, NudgeEdit, StretchEdit, SmoothEdit, PointsEdit]


class RegenerateRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="change", tag="regenerate"
):
    """A region of a take anew; outside it every sample stays.

    layers: names of those that are made anew, none for all. lock: curves the region keeps. The
    others come from curves or guide, where one is given; else from the picture for the new prompt,
    where one is given; else they stay too. edits are applied to them in order. What is None is as
    it was. variation: which stem of each layer is built upon; heard: another one of the layers that
    it names.
    """

    take: Words
    region_in: Words
    region_out: Words
    to: Path
    variation: Count = 0
    heard: Annotated[dict[Words, Count], msgspec.Meta(max_length=64)] = {}
    layers: Annotated[tuple[Words, ...], msgspec.Meta(max_length=64)] = ()
    lock: tuple[Curve, ...] = ("energy",)
    prompt: Optional[Text] = None
    negative: Optional[Text] = None
    strictness: Optional[Share] = None
    seed: Optional[Seed] = None
    curves: Optional[Path] = None
    guide: Optional[Path] = None
    edits: Annotated[tuple[CurveEdit, ...], msgspec.Meta(max_length=100)] = ()
    variations: Variations = 1
    steps: Optional[Steps] = None


class CompPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A region that is taken from another take of the same timeline, layer by layer."""

    take: Words
    region_in: Words
    region_out: Words
    variation: Count = 0
    layers: Annotated[tuple[Words, ...], msgspec.Meta(max_length=64)] = ()


class CompRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="change", tag="comp"):
    """A take assembled from a first one and pieces of others, in their order.

    variation and heard, of the first one: as in RegenerateRequest.
    """

    take: Words
    pieces: Annotated[tuple[CompPiece, ...], msgspec.Meta(max_length=1000)]
    to: Path
    variation: Count = 0
    heard: Annotated[dict[Words, Count], msgspec.Meta(max_length=64)] = {}


class EditMove(msgspec.Struct, frozen=True, kw_only=True):
    """Frames [old_in, old_out) of the old timeline stand from new_in on in the new one.

    Frames are those of labels: 01:00:00:00 at 25 is frame 90000.
    """

    old_in: Frame
    old_out: Frame
    new_in: Frame


class RecutRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="change", tag="recut"):
    """A take carried to a new edit: what is in it still moves, joins and new material are new.

    clip: the new edit as a movie, with start_timecode where it does not say its own; it may be
    left out when the take moves in one piece.
    """

    take: Words
    moves: Annotated[tuple[EditMove, ...], msgspec.Meta(max_length=10_000)]
    to: Path
    clip: Optional[Path] = None
    start_timecode: Optional[Words] = None


Change = Union[RegenerateRequest, CompRequest, RecutRequest]


class RangeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The range that was rendered: SMPTE in and out (exclusive), exact rate, length."""

    range_in: str = msgspec.field(name="in")
    range_out: str = msgspec.field(name="out")
    rate: str
    frames: int


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on the delivered stem against the wanted curves.

    tag_match and leak are there when variations were ranked and a tagger is installed: how near
    what it hears is to the prompt (a cosine), and how sure it hears speech or music (0..1).
    """

    energy_error_db: float
    energy_within: float
    energy_correlation: Optional[float]
    onset_f1: Optional[float]
    loudness_lufs: Optional[float]
    true_peak_dbtp: float
    tag_match: Optional[float] = None
    leak: Optional[float] = None


class RegionMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured inside the region that was made anew."""

    energy_error_db: float
    energy_within: float


class StemReport(msgspec.Struct, frozen=True, kw_only=True):
    """One delivered file. time_reference: samples since midnight of its first sample.

    variation counts from 0 in the order of seeds; rank from 1, the best by its measures first.
    """

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
    rank: int = 1
    region: Optional[RegionMeasures] = None


class RenderReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to every request that makes a take. seconds: wall time by step.

    parent and region: the take it was made from and what changed in it.
    """

    take: str
    range: RangeReport
    stems: tuple[StemReport, ...]
    curves: tuple[str, ...]
    preview: Optional[str]
    plot: str
    seconds: dict[str, float]
    parent: Optional[str] = None
    region: Optional[RangeReport] = None


class RecutReply(msgspec.Struct, frozen=True, kw_only=True):
    """Takes that were carried to a new edit."""

    takes: tuple[RenderReply, ...]


class ReelClip(msgspec.Struct, frozen=True, kw_only=True):
    """A clip of a timeline and its take. picture: the file that was looked at."""

    picture: str
    take: RenderReply


class ReelReply(msgspec.Struct, frozen=True, kw_only=True):
    """The takes of a timeline's clips, in the order of time.

    placed: the timelines and lists that were written, and the projects that have the stems;
    missing: a sentence for everything that could not be done.
    """

    timeline: str
    rate: str
    clips: tuple[ReelClip, ...]
    placed: tuple[str, ...]
    missing: tuple[str, ...]


class TakeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that made a take.

    request: what the first take of its line was asked for; change: what made this one of its
    parent, None for a first one; layers: as they are now.
    """

    take: str
    request: RenderRequest
    layers: tuple[Layer, ...]
    reply: RenderReply
    change: Optional[Change] = None


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
    """The cue sheet of a clip, in the order of time. path: the file it went to, or None.

    cuts: frames, counted as those of events, at which new shots begin.
    """

    rate: str
    start_timecode: str
    events: tuple[SpottedEvent, ...]
    path: Optional[str]
    cuts: tuple[int, ...] = ()


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
    """A bundle of weights. steps: solver steps when a request names none.

    base: the bundle that this one adapts; its parts are all that differs from it.
    """

    name: str
    path: str
    licence: str
    sample_rate: int
    steps: int
    parts: tuple[PartReport, ...]
    base: Optional[str] = None


class BundlesReply(msgspec.Struct, frozen=True, kw_only=True):
    """Bundles by name. refused: the folders that are no usable bundles, and why."""

    bundles: tuple[BundleReport, ...]
    refused: tuple[ErrorReport, ...]


class BundleRemoved(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that is gone, and the folder it was in."""

    name: str
    path: str


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


class EvaluateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one measure, of one kind of sound, over `count` recordings.

    low, high: its 95 % bootstrap interval by group. bound and holds: what was promised, None where
    nothing was; least: whether the bound is a least value. value is None where the figure cannot
    be had: needs says what for.
    """

    measure: str
    name: str
    of: str
    value: Optional[float]
    unit: str = ""
    low: Optional[float] = None
    high: Optional[float] = None
    count: int = 0
    bound: Optional[float] = None
    least: bool = True
    holds: Optional[bool] = None
    needs: str = ""


class EvaluateReply(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a bundle over a manifest's recordings, or over made scenes.

    source: whether curves came from the recordings' sound or picture. report: the HTML page, None
    where none was asked for.
    """

    manifest: str
    split: str
    source: Literal["sound", "picture", "scenes"]
    bundle: str
    seed: int
    rows: tuple[EvaluateRow, ...]
    report: Optional[str]
    seconds: float


class TrainReply(msgspec.Struct, frozen=True, kw_only=True):
    """A training run that reached its last step. seconds: wall time of this call."""

    part: str
    config: str
    seconds: float


DataCheck = Literal["corrupt", "silent", "length", "leak", "licence"]


class DataFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that training should not meet: which check found it, in which file, what it is."""

    check: DataCheck
    path: str
    detail: str


class DataReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a collection of recordings holds: recordings by split, classes, seconds, findings."""

    source: str
    recordings: dict[str, int]
    classes: int
    seconds: float
    findings: tuple[DataFinding, ...]


class Spreading(msgspec.Struct, frozen=True, kw_only=True):
    """How a quantity lies over a corpus: mean, and the values that 5 to 95 % stay below."""

    mean: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


class CodeShare(msgspec.Struct, frozen=True, kw_only=True):
    """Both halves of a semantic code, and the share of frames that have it."""

    upper: int
    lower: int
    share: float


class SvqReply(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of the curves over a corpus: what semantic vector quantisation meets.

    energy_db, spread_db, semantic: of E, D and |S|, over frames that sound. entropy_bits of a
    pair of codes, of 12.7 possible; clipped: the share of S beyond what the codes can say.
    """

    source: str
    frames: int
    sounding: float
    energy_db: Spreading
    spread_db: Spreading
    semantic: Spreading
    codes_used: int
    entropy_bits: float
    clipped: float
    commonest: tuple[CodeShare, ...]


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as clients see it; codes are listed in host_bridge.errors."""

    code: str
    message: str
    hint: str
    retryable: bool
    retry_after_ms: Optional[int] = None


class ErrorReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to anything that failed."""

    error: ErrorReport


def error_report(error: CuelockError) -> ErrorReport:
    """What goes over the wire of an error.

    >>> error_report(CuelockError("media.missing", "No a.mov.", hint="Look.")).retryable
    False
    """
    return ErrorReport(
        code=error.code,
        message=error.message,
        hint=error.hint,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
    )


# --- the wire: what clients and the resident engine say to each other (PROTOCOL.md)


class Nothing(msgspec.Struct, frozen=True):
    """The body of a message that needs none."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first message of a connection. client: who asks, for people; version: of its software."""

    client: str
    version: str


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine takes: bytes a message, jobs that wait in all and for one client."""

    message: int
    queue: int
    jobs_of_client: int


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to Hello. epoch: this life of the engine."""

    version: str
    protocol: tuple[int, int]
    epoch: str
    pid: int
    features: tuple[str, ...]
    limits: Limits


class EngineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the engine is. seconds: since it started; running: jobs; worker: what its workers do;
    megabytes and worker_megabytes: resident memory; home: the folder it keeps takes in.
    """

    version: str
    epoch: str
    pid: int
    seconds: float
    queue: int
    running: tuple[str, ...]
    worker: Literal["none", "starting", "idle", "busy", "degraded"]
    worker_deaths: int
    megabytes: float
    worker_megabytes: float
    home: str


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """A job. job: an id chosen by the client; the same id and parameters are the same job.

    params: the request of its kind. supersede: a key; a newer preview of the same key takes the
    place of an older one. on_disconnect: whether the job lives on without its client.
    """

    job: JobId
    kind: JobKind
    params: msgspec.Raw
    priority: Priority = "region"
    supersede: Optional[Words] = None
    on_disconnect: Literal["keep", "cancel"] = "keep"

    def digest(self) -> str:
        """SHA-256 of what makes the result: kind and parameters."""
        return hashlib.sha256(self.kind.encode() + b"\0" + bytes(self.params)).hexdigest()


class ProgressReport(msgspec.Struct, frozen=True, kw_only=True):
    """How far a running job is: a stage (a step or a layer's name) and its share, 0..1."""

    job: str
    after: int
    stage: str
    done: float


class HeardSound(msgspec.Struct, frozen=True, kw_only=True):
    """Sound of a running job, as soon as it is made; its level is not settled yet.

    start: its first sample, counted from the stem's; pcm: mono 16 bit, little-endian, at 48 kHz.
    """

    job: str
    layer: str
    variation: int
    start: int
    pcm: bytes


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A job now. reply: the answer of its kind once done, else nil; last_seq: its last event's."""

    job: str
    kind: JobKind
    priority: Priority
    state: JobState
    cancelling: bool
    reason: Optional[str]
    error: Optional[ErrorReport]
    reply: msgspec.Raw
    last_seq: int
    created: int


class JobEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A durable event: a state, or "cancelling". seq counts from 1 without holes; at: ms."""

    job: str
    seq: int
    kind: str
    at: int
    reason: Optional[str]


class NamedJob(msgspec.Struct, frozen=True, kw_only=True):
    """Which job is meant."""

    job: str


class WatchJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job's snapshot and its events after a number."""

    job: str
    after: Number = 0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to WatchJob."""

    status: JobStatus
    events: tuple[JobEvent, ...]


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows are wanted at most."""

    most: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100


class JobsReply(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, the newest first."""

    jobs: tuple[JobStatus, ...]


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """Sent every second: the last event number of each live or just finished job."""

    epoch: str
    at: int
    jobs: dict[str, int]


class Shutdown(msgspec.Struct, frozen=True, kw_only=True):
    """Leave now, or when nothing is queued or running."""

    when_idle: bool = False


class TakeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A take in the history. created: ms."""

    record: TakeRecord
    star: bool
    note: str
    created: int


class NamedTake(msgspec.Struct, frozen=True, kw_only=True):
    """Which take is meant: its name or the beginning of it."""

    take: str


class StarTake(msgspec.Struct, frozen=True, kw_only=True):
    """Mark a take as a favourite, or no longer."""

    take: str
    star: bool


class NoteTake(msgspec.Struct, frozen=True, kw_only=True):
    """Put a note on a take."""

    take: str
    note: Text


class TakesReply(msgspec.Struct, frozen=True, kw_only=True):
    """Takes, the newest first."""

    takes: tuple[TakeSummary, ...]


class DeliverTake(msgspec.Struct, frozen=True, kw_only=True):
    """Copy a take's files to a folder."""

    take: str
    to: Path


class DeliverReply(msgspec.Struct, frozen=True, kw_only=True):
    """The files that were copied."""

    paths: tuple[str, ...]


class ExportTakes(msgspec.Struct, frozen=True, kw_only=True):
    """Takes with their ancestors and files as one archive. takes: names, none for all."""

    path: Path
    takes: tuple[Words, ...] = ()


class ImportTakes(msgspec.Struct, frozen=True, kw_only=True):
    """The takes of an archive that are not there yet."""

    path: Path


class TravelReply(msgspec.Struct, frozen=True, kw_only=True):
    """How many takes went into an archive, or came out of it, and which file it is."""

    takes: int
    path: str


class NamedBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A file by its SHA-256, 64 hex digits."""

    sha256: str


class PutBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk of a file of so many bytes, beginning at `offset`."""

    sha256: str
    size: Number
    offset: Number
    data: bytes


class BlobState(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a file the engine has. complete: all, and its hash is right."""

    have: int
    complete: bool


class GetBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A file's bytes from `offset` on, at most so many."""

    sha256: str
    offset: Number
    most: Number


class BlobPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file of so many bytes."""

    size: int
    data: bytes


class FilesReply(msgspec.Struct, frozen=True, kw_only=True):
    """A take's files: name and SHA-256."""

    files: dict[str, str]


class GcReply(msgspec.Struct, frozen=True, kw_only=True):
    """What was cleared away."""

    takes: int
    files: int
    bytes: int


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A client that may talk to the engine: its name, public key (Z85) and what it may do.

    Each scope may what those before it may: look; make takes; clear away and stop the engine.
    """

    name: str
    public: str
    scope: Scope


class KeysReply(msgspec.Struct, frozen=True, kw_only=True):
    """Every client that may talk to the engine."""

    keys: tuple[Key, ...]
