"""Lists of stems and markers: CSV, Audacity's labels, REAPER's regions and markers.

CSV counts in samples; the other two in seconds from the timeline's first frame, with so many
decimals that the sample is still known.
"""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

from host_bridge.exchange.cut import Cut, samples
from host_bridge.exchange.files import whole
from host_bridge.timecode import label_of_frame
from host_bridge.timeline import SAMPLE_RATE

COLUMNS = ("kind", "name", "in", "out", "start_sample", "stop_sample", "track", "file")


class Cue(NamedTuple):
    """A stem, or a marker without length; samples from the timeline's first frame."""

    kind: str
    name: str
    start: int
    stop: int
    track: str
    file: str

    def label(self, sample: int, cut: Cut) -> str:
        """The label of the nearest frame."""
        frame = cut.frame(Fraction(sample, SAMPLE_RATE))
        return label_of_frame(cut.first + frame, cut.rate)


def cues_of(cut: Cut) -> tuple[Cue, ...]:
    """Stems and markers in the order of time."""
    cues = [
        Cue("stem", shot.name, samples(shot.start), samples(shot.stop), lane.name,
            shot.medium.address)
        for lane in cut.sounds
        for shot in lane.shots
    ]  # fmt: skip
    for marker in cut.markers:
        at = samples(cut.seconds(marker.frame))
        cues.append(Cue("marker", marker.name, at, at, "", ""))
    return tuple(sorted(cues, key=lambda cue: (cue.start, cue.track)))


def cue_sheet(cut: Cut, cues: Sequence[Cue]) -> str:
    """Cues as a CSV with a header."""
    return _table(
        [COLUMNS]
        + [
            (cue.kind, cue.name, cue.label(cue.start, cut), cue.label(cue.stop, cut),
             str(cue.start), str(cue.stop), cue.track, cue.file)
            for cue in cues
        ]
    )  # fmt: skip


def write_csv(cut: Cut, path: Path) -> None:
    """Every stem and marker in a row."""
    _write(path, cue_sheet(cut, cues_of(cut)))


def write_audacity(cut: Cut, path: Path) -> None:
    """Labels as File > Import > Labels reads them: start, stop and name between tabs."""
    lines = (f"{_seconds(c.start)}\t{_seconds(c.stop)}\t{_plain(c.name)}\n" for c in cues_of(cut))
    _write(path, "".join(lines))


def write_reaper(cut: Cut, path: Path) -> None:
    """Regions and markers as REAPER's Region/Marker Manager imports them."""
    _write(path, _table([("#", "Name", "Start", "End", "Length"), *_reaper_rows(cut)]))


def _reaper_rows(cut: Cut) -> Iterator[tuple[str, ...]]:
    counts = {"stem": 0, "marker": 0}
    for cue in cues_of(cut):
        counts[cue.kind] += 1
        number, start = counts[cue.kind], _clock(cue.start)
        if cue.kind == "stem":
            yield f"R{number}", cue.name, start, _clock(cue.stop), _clock(cue.stop - cue.start)
        else:
            yield f"M{number}", cue.name, start, "", ""


def _seconds(sample: int) -> str:
    microseconds = _microseconds(sample)
    sign = "-" if microseconds < 0 else ""
    whole_, rest = divmod(abs(microseconds), 1_000_000)
    return f"{sign}{whole_}.{rest:06d}"


def _clock(sample: int) -> str:
    """Minutes and seconds, "61:02.250000"."""
    microseconds = _microseconds(sample)
    minutes, rest = divmod(abs(microseconds), 60_000_000)
    seconds, rest = divmod(rest, 1_000_000)
    return f"{'-' if microseconds < 0 else ''}{minutes}:{seconds:02d}.{rest:06d}"


def _microseconds(sample: int) -> int:
    """The nearest microsecond, a twentieth of a sample.

    >>> _microseconds(1), _microseconds(48_000)
    (21, 1000000)
    """
    return (2 * sample * 1_000_000 + SAMPLE_RATE) // (2 * SAMPLE_RATE)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _table(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    with whole(path) as part:
        part.write_bytes(text.encode("utf-8", "surrogateescape"))
