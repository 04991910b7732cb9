"""The spot job: the events of a clip as a cue sheet."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import msgspec

from engine.bundles.load import load_bundle, load_sight
from engine.service.span import Span, resolve_span
from engine.service.wanted import watches
from host_bridge.errors import CuelockError
from host_bridge.protocol import SpotReply, SpottedEvent
from host_bridge.timecode import Rate
from media.clip import open_clip

_COLUMNS = ("timecode", "frame", "seconds", "confidence")


def spot(
    clip: Path,
    to: Path | None,
    *,
    prompt: str | None = None,
    range_in: str | None = None,
    range_out: str | None = None,
    start_timecode: str | None = None,
    rate: str | None = None,
) -> SpotReply:
    """Every event that the predictor sees in a range of a clip (else all of it), in time's order.

    prompt: what sounds there, None for whatever moves; to: .json, .csv, .edl or .otio, or None;
    times as in RenderRequest. Raises CuelockError.
    """
    sight, words = load_sight("small"), None
    if prompt is not None:
        sight = load_bundle("small")
        words = sight.text.encode([prompt]).pooled
    span = resolve_span(
        open_clip(clip),
        range_in=range_in,
        range_out=range_out,
        start_timecode=start_timecode,
        rate=rate,
    )
    with watches.look(span, sight) as picture:
        features = picture.whole().features
        events = tuple(
            _told(span, event.seconds, event.confidence)
            for event in sight.predictor.events(features, words)
        )
    reply = SpotReply(
        rate=str(span.rate),
        start_timecode=span.label(0),
        events=events,
        path=str(to) if to else None,
        cuts=tuple(features.cuts),
    )
    if to is not None:
        _write(reply, span, to)
    return reply


def _told(span: Span, seconds: Fraction, confidence: float) -> SpottedEvent:
    frame = int(seconds * span.rate.exact)
    return SpottedEvent(
        timecode=span.label(frame),
        frame=frame,
        seconds=f"{float(seconds):.3f}",
        confidence=round(confidence, 3),
    )


def _write(reply: SpotReply, span: Span, to: Path) -> None:
    writers = {".json": _json, ".csv": _csv, ".edl": _edl, ".otio": _otio}
    if to.suffix not in writers:
        raise CuelockError(
            "request.path",
            f"A cue sheet cannot be written as {to.suffix or 'a file without an ending'}.",
            hint=f"Name a file that ends in {', '.join(writers)}.",
        )
    part = to.with_name(to.name + ".part")
    part.write_text(writers[to.suffix](reply, span), encoding="utf-8")
    part.replace(to)


def _json(reply: SpotReply, span: Span) -> str:
    return msgspec.json.format(msgspec.json.encode(reply)).decode() + "\n"


def _csv(reply: SpotReply, span: Span) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(event, column) for column in _COLUMNS] for event in reply.events)
    return out.getvalue()


def _edl(reply: SpotReply, span: Span) -> str:
    """Markers as DaVinci Resolve reads them: one-frame events with a |C:|M:|D: comment."""
    lines = [f"TITLE: {span.clip.path.stem}", f"FCM: {_counting(span.rate)}", ""]
    for number, event in enumerate(reply.events, 1):
        here, after = event.timecode, span.label(event.frame + 1)
        lines.append(f"{number:03d}  001      V     C        {here} {after} {here} {after}")
        lines.append(f" |C:ResolveColorBlue |M:event {event.confidence:.2f} |D:1")
        lines.append("")
    return "\n".join(lines)


def _counting(rate: Rate) -> str:
    return "DROP FRAME" if rate.drop else "NON-DROP FRAME"


def _otio(reply: SpotReply, span: Span) -> str:
    import opentimelineio as otio

    rate = float(span.rate.exact)

    def times(frame: int, frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(frame, rate), otio.opentime.RationalTime(frames, rate)
        )

    clip = otio.schema.Clip(
        name=span.clip.path.name,
        media_reference=otio.schema.ExternalReference(
            span.clip.path.as_uri(), times(span.origin, span.clip.frames)
        ),
        source_range=times(span.origin, span.wanted.frames),
    )
    for event in reply.events:
        clip.markers.append(
            otio.schema.Marker(
                name="event",
                marked_range=times(span.origin + event.frame, 1),
                metadata={"cuelock": {"confidence": event.confidence}},
            )
        )
    timeline = otio.schema.Timeline(name=span.clip.path.stem)
    timeline.global_start_time = otio.opentime.RationalTime(span.origin, rate)
    track = otio.schema.Track(name="picture", kind=otio.schema.TrackKind.Video)
    track.append(clip)
    timeline.tracks.append(track)
    return otio.adapters.write_to_string(timeline, "otio_json")
