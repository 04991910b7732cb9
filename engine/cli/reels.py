"""Reels: every clip of a timeline rendered once, whatever happens meanwhile, and placed back.

Back is a timeline to import, and the projects of hosts that are named: their stems are one step of
undo, and those that stand there already stay.

A clip is a job whose id follows from its request and its file: a command that was killed and is
given again finds what is done and goes on. Clips of one file follow each other, while what was
seen of it is still known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from engine.picture.assembly import shown
from engine.stems.names import safe_name
from host_bridge.ardour import ArdourSession
from host_bridge.client import Progress, ask, job_id, job_state, run
from host_bridge.errors import CuelockError
from host_bridge.exchange import Cut, format_of, read_cut, write_cut
from host_bridge.exchange.files import MediaSearch, whole
from host_bridge.exchange.picture import Probe, picture_of, within
from host_bridge.exchange.stems import lanes_of
from host_bridge.mlt import MltProject
from host_bridge.pictures import PICTURES
from host_bridge.placing import place, stems_of
from host_bridge.projectfile import Told
from host_bridge.protocol import (
    DeliverReply,
    DeliverTake,
    ReelClip,
    ReelReply,
    RenderReply,
    RenderRequest,
)
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame
from host_bridge.timeline import Host, MarkedRange
from media.clip import open_clip

_SUFFIX = "_cuelock"
_HOSTS: Mapping[str, Callable[[Path, Told], Host]] = MappingProxyType(
    {".ardour": ArdourSession, ".mlt": MltProject, ".kdenlive": MltProject}
)


class Reel(NamedTuple):
    """What is wanted. draft: a request without clip, range, timecode and rate.

    folders: where media is looked for; rate: None for the timeline's own; as_one: the whole
    timeline as one range; forms: formats of host_bridge.exchange; projects: of hosts, saved and
    closed, that get the stems.
    """

    timeline: Path
    draft: RenderRequest
    folders: Sequence[Path]
    rate: Rate | None
    as_one: bool
    forms: Sequence[str]
    projects: Sequence[Path] = ()


class _Done(NamedTuple):
    marked: MarkedRange
    clip: ReelClip


class _Project(NamedTuple):
    """A host's project, and its timeline as a range that stems are counted from."""

    path: Path
    host: Host
    marked: MarkedRange


def render_reel(reel: Reel, progress: Progress) -> ReelReply:
    """Stems for every clip of a timeline, and the timeline with them on it.

    A clip that cannot be rendered is told and the others are rendered; when the engine cannot go
    on, nor can this. Raises CuelockError.
    """
    for form in reel.forms:
        format_of(form)
    cut = read_cut(reel.timeline, reel.rate)
    projects = [_project(path, cut) for path in reel.projects]
    picture = picture_of(cut, MediaSearch(reel.timeline, reel.folders), look)
    ranges = _ranges(picture.marked, reel.as_one)
    if not ranges:
        raise CuelockError(
            "media.missing",
            f"Nothing of {reel.timeline.name} can be seen. {' '.join(picture.missing[:1])}".strip(),
            hint="Name the folder that holds its media with --media.",
        )
    done, missing = list[_Done](), list(picture.missing)
    for number, marked in enumerate(ranges):
        progress("reel", number / len(ranges))
        try:
            done.append(_Done(marked, _rendered(marked, reel.draft, progress)))
        except CuelockError as error:
            if error.exit_status not in (1, 2):
                raise
            label = label_of_frame(marked.first + marked.start, marked.exact_rate)
            missing.append(f"{label}: {error.message}")
    progress("reel", 1.0)
    done.sort(key=lambda one: one.marked.start)
    placed = _placed(cut, done, reel, missing)
    placed += [str(one.path) for one in projects if _placed_into(one, done, missing)]
    reply = ReelReply(
        timeline=str(reel.timeline),
        rate=str(cut.rate),
        clips=tuple(one.clip for one in done),
        placed=tuple(placed),
        missing=tuple(missing),
    )
    with whole(_beside(reel, ".json")) as part:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(reply)) + b"\n")
    return reply


def look(path: Path) -> Probe:
    """A media file's rate and where its timecode begins. Raises CuelockError media.*."""
    clip = open_clip(path)
    counted = Rate.of(clip.rate, drop=clip.drop)
    first = frame_of_label(clip.start_timecode, counted) if clip.start_timecode else 0
    return Probe(clip.rate, first / clip.rate)


def _ranges(marked: MarkedRange, as_one: bool) -> list[MarkedRange]:
    """What is rendered, clips of one file together; each as a range of the timeline."""
    if as_one:
        return [marked] if marked.pieces else []
    pieces = sorted(marked.pieces, key=lambda piece: (piece.path, piece.media_start))
    return [within(marked, piece.start, piece.stop) for piece in pieces]


def _rendered(marked: MarkedRange, draft: RenderRequest, progress: Progress) -> ReelClip:
    picture = shown(marked, Path(draft.to, PICTURES))
    request = replace(
        draft,
        clip=picture.path,
        range_in=f"{picture.frames.start}f",
        range_out=f"{picture.frames.stop}f",
        start_timecode=picture.start_timecode,
        rate=marked.rate,
    )
    return ReelClip(picture=picture.path, take=_take_of(request, progress))


def _take_of(request: RenderRequest, progress: Progress) -> RenderReply:
    """The take of a request, made by the first of its jobs that did not fail before."""
    file = Path(request.clip).stat()
    for attempt in count():
        id_ = job_id("render", request, file.st_size, file.st_mtime_ns, attempt)
        state = job_state(id_)
        if state in ("failed", "cancelled"):
            continue
        reply = run("render", request, RenderReply, progress, "batch", id_=id_)
        if state != "done" or _is_there(reply) or _delivered(reply, request.to):
            return reply
    raise AssertionError  # attempts do not end


def _is_there(reply: RenderReply) -> bool:
    return all(Path(stem.path).is_file() for stem in reply.stems)


def _delivered(reply: RenderReply, to: str) -> bool:
    """Put a take's files back where they were; False when the take is gone."""
    try:
        ask("take.deliver", DeliverTake(take=reply.take, to=to), DeliverReply)
    except CuelockError as error:
        if error.code != "take.unknown":
            raise
        return False
    return True


def _placed(cut: Cut, done: Sequence[_Done], reel: Reel, missing: list[str]) -> list[str]:
    """Write the timeline with its stems in every format; what cannot be is told."""
    stems = [stem for one in done for stem in stems_of(one.clip.take, one.marked)]
    sounded = cut._replace(sounds=lanes_of(stems, cut))
    placed: list[str] = []
    for form in reel.forms:
        path = _beside(reel, format_of(form).ending)
        try:
            write_cut(sounded, path, form)
            placed.append(str(path))
        except CuelockError as error:
            missing.append(f"{form}: {error.message}")
    return placed


def _project(path: Path, cut: Cut) -> _Project:
    """Raises CuelockError request.path, request.rate, media.missing or host.* before all work."""
    if path.suffix.lower() not in _HOSTS:
        raise CuelockError(
            "request.path",
            f"{path.name} is no project that stems of a reel are placed into.",
            hint=f"Name one of {', '.join(_HOSTS)}, or import what --place writes.",
        )
    host = _HOSTS[path.suffix.lower()](path, Told("0f", "1f"))
    marked = host.marked()
    if host.name == MltProject.name and marked.exact_rate.exact == cut.rate.exact:
        # It has no timecode of its own: it begins where the timeline does.
        marked = replace(marked, rate=str(cut.rate), first=FrameIndex(cut.first))
    if marked.exact_rate != cut.rate:
        raise CuelockError(
            "request.rate",
            f"{path.name} runs at {marked.exact_rate}, the timeline at {cut.rate}.",
            hint="Export the timeline at the project's rate.",
        )
    host.tracks()
    return _Project(path, host, marked)


def _placed_into(project: _Project, done: Sequence[_Done], missing: list[str]) -> bool:
    """Place all stems, or none and tell why."""
    stems = [stem for one in done for stem in stems_of(one.clip.take, project.marked)]
    try:
        placed = place(project.host, stems)
    except CuelockError as error:
        missing.append(f"{project.path.name}: {error.message}")
        return False
    refused = dict[str, str]()
    for one in placed:
        if one.state == "refused":
            refused.setdefault(one.reason, Path(one.stem.path).name)
    missing += [f"{project.path.name}: {stem}: {reason}" for reason, stem in refused.items()]
    return not refused


def _beside(reel: Reel, ending: str) -> Path:
    """A file beside the stems, never the timeline itself."""
    return Path(reel.draft.to, f"{safe_name(reel.timeline.stem)}{_SUFFIX}{ending}")
