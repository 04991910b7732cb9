"""Ranking of variations: the best first, by what was measured on the finished stems."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
import torch

from engine.bundles.load import Bundle
from engine.service.take import Made
from engine.stems.level import RATE
from engine.stems.tagger import Tagger, tag_match
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, Measures

_LEAKS = ("Speech", "Music")
_DB_LIKE_ONE = 3.0  # dB of energy error that weigh as much as losing every onset
_HEARD_SECONDS = 10


def ranked(stems: Sequence[Made], layer: Layer, bundle: Bundle) -> list[Made]:
    """A layer's variations with their ranks, the best first; one alone is simply the first.

    Counts: onsets kept (F1, or the energy's correlation where none were wanted), energy error,
    and with a tagger how near its words are to the prompt and how little it hears speech or music
    that nobody asked for.
    """
    if len(stems) < 2:
        return list(stems)
    tagger = _tagger()
    measured = [one if tagger is None else _tagged(one, layer, bundle, tagger) for one in stems]
    order = sorted(measured, key=lambda one: -_worth(one.report.measures))
    return [
        one._replace(report=msgspec.structs.replace(one.report, rank=rank))
        for rank, one in enumerate(order, 1)
    ]


def _worth(measures: Measures) -> float:
    kept = measures.onset_f1 if measures.onset_f1 is not None else measures.energy_correlation
    return (
        (kept or 0.0)
        - measures.energy_error_db / _DB_LIKE_ONE
        + (measures.tag_match or 0.0)
        - (measures.leak or 0.0)
    )


@cache
def _tagger() -> Tagger | None:
    try:
        return Tagger()
    except CuelockError:
        return None


def _tagged(one: Made, layer: Layer, bundle: Bundle, tagger: Tagger) -> Made:
    sound = one.spool.read(0, min(len(one.spool), _HEARD_SECONDS * RATE))
    scores = tagger.scores(sound, RATE)
    likely = 1 / (1 + np.exp(-scores))
    names = bundle.text.encode(tagger.names).pooled
    wanted = bundle.text.encode([layer.prompt]).pooled
    nearness = torch.cosine_similarity(names, wanted).numpy()
    leaks = [likely[tagger.names.index(name)] for name in _LEAKS]
    asked = any(nearness[tagger.names.index(name)] > 0.5 for name in _LEAKS)
    measures = msgspec.structs.replace(
        one.report.measures,
        tag_match=round(tag_match(scores, nearness), 4),
        leak=0.0 if asked else round(float(max(leaks)), 4),
    )
    return one._replace(report=msgspec.structs.replace(one.report, measures=measures))
