"""Takes in words: what made one, and what was measured of it."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from host_bridge.protocol import (
    CompRequest,
    Measures,
    RecutRequest,
    RegenerateRequest,
    TakeSummary,
)


def made_of(take: TakeSummary) -> str:
    """What made it, and its note."""
    translate = QCoreApplication.translate
    change = take.record.change
    match change:
        case RegenerateRequest():
            region = take.record.reply.region
            assert region is not None
            made = translate("Takes", "{a} to {b} anew").format(
                a=_short(region.range_in), b=_short(region.range_out)
            )
        case CompRequest():
            made = translate("Takes", "comp, pieces: {n}").format(n=len(change.pieces))
        case RecutRequest():
            made = translate("Takes", "recut")
        case None:
            made = ", ".join(layer.name for layer in take.record.layers)
    return f"{made} – {take.note}" if take.note else made


def measured(measures: list[Measures]) -> str:
    """The worst of some stems' measures."""
    if not measures:
        return ""
    translate = QCoreApplication.translate
    worst = f"{max(m.energy_error_db for m in measures):.2f}"
    told = [translate("Takes", "energy {x} dB off").format(x=worst)]
    sync = [m.onset_f1 for m in measures if m.onset_f1 is not None]
    match_ = [m.tag_match for m in measures if m.tag_match is not None]
    leak = [m.leak for m in measures if m.leak is not None]
    if sync:
        told.append(translate("Takes", "sync {x}").format(x=f"{min(sync):.2f}"))
    if match_:
        told.append(translate("Takes", "words {x}").format(x=f"{min(match_):.2f}"))
    if leak:
        told.append(translate("Takes", "speech or music {x}").format(x=f"{max(leak):.2f}"))
    return ", ".join(told)


def loudness(measures: Measures) -> str:
    """Integrated loudness, or nothing of what is silent.

    >>> loudness(Measures(energy_error_db=0, energy_within=1, energy_correlation=None,
    ...     onset_f1=None, loudness_lufs=-23.04, true_peak_dbtp=-3))
    '-23.0'
    """
    return "" if measures.loudness_lufs is None else f"{measures.loudness_lufs:.1f}"


def _short(label: str) -> str:
    """A label without hours and minutes that are none.

    >>> _short("00:00:02:13"), _short("01:00:02:13")
    ('02:13', '01:00:02:13')
    """
    return label.removeprefix("00:").removeprefix("00:")
