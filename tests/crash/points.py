"""Where processes of the engine under test are killed: the closed list.

A point is reached when its steps happened in this order: functions that are about to begin or have
just returned. The last one is never seen to happen.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Step(NamedTuple):
    """A function of a module, or with no name the module's own import."""

    when: Literal["before", "after"]
    module: str
    name: str = ""


_COMMITTED = Step("after", "engine.service.journal", "Journal._committed")

#: Of the supervisor, in the order of a job's life.
SUPERVISOR: dict[str, tuple[Step, ...]] = {
    "given, not committed": (Step("after", "engine.takes.jobs", "submit"),),
    "given, not answered": (Step("after", "engine.takes.jobs", "submit"), _COMMITTED),
    "begun, not committed": (Step("after", "engine.takes.jobs", "begin_attempt"),),
    "begun, no order": (Step("after", "engine.takes.jobs", "begin_attempt"), _COMMITTED),
    "ordered": (Step("after", "engine.service.executor", "LocalExecutor.tell"),),
    "a file half taken in": (Step("before", "engine.takes.blobs", "_sync"),),
    "a file taken in, no name": (Step("before", "engine.takes.blobs", "Blobs._place"),),
    "a file in place, not synced": (Step("after", "engine.takes.blobs", "Blobs._place"),),
    "a file safe": (Step("after", "engine.takes.blobs", "Blobs.add"),),
    "a sidecar half written": (
        Step("before", "engine.takes.history", "put_sidecar"),
        Step("before", "engine.takes.blobs", "_sync"),
    ),
    "a sidecar, no take": (Step("before", "engine.takes.history", "record"),),
    "a take, not committed": (Step("after", "engine.takes.history", "record"),),
    "done, not committed": (Step("after", "engine.takes.jobs", "end_attempt"),),
    "done, not told": (Step("after", "engine.takes.jobs", "end_attempt"), _COMMITTED),
}
#: Of a supervisor that starts.
STARTING: dict[str, tuple[Step, ...]] = {
    "locked": (Step("before", "engine.service.settings", "read_settings"),),
    "recovered, not committed": (Step("after", "engine.takes.jobs", "recover"),),
    "ready, not published": (Step("before", "host_bridge.discovery", "publish"),),
    "published": (Step("after", "host_bridge.discovery", "publish"),),
}
#: Of the worker, in the order of a render.
WORKER: dict[str, tuple[Step, ...]] = {
    "load": (Step("before", "engine.generate.vocoder", "Vocoder.__init__"),),
    "picture": (Step("before", "engine.picture.features", "MotionMeter.add"),),
    "predict": (Step("before", "engine.predict.v2x", "V2X.forward"),),
    "generate": (Step("after", "engine.generate.pipeline", "strengths"),) * 2,
    "vocode": (Step("before", "engine.generate.vocoder", "Vocoder.forward"),),
    "write": (Step("before", "engine.stems.bwf", "_ixml"),),
    "preview": (Step("after", "engine.stems.preview", "_shown_at"),),
    "some files in place": (
        Step("after", "engine.service.take", "finish_take"),
        Step("after", "pathlib", "Path.replace"),
    ),
    "all files in place": (Step("after", "engine.service.render", "render"),),
}
POINTS = {**SUPERVISOR, **STARTING, **WORKER}
