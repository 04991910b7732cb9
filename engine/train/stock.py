"""Gather the recordings that generation begins with: a bundle's stock.

Nothing is learned here. What is heard of a stem then stems from these recordings as well as from
weights, so only licences that ask nothing of the listener belong into a bundle that is passed on.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import torch

from engine.generate.codec import MelPatchCodec
from engine.generate.stock import Recorded, save_stock
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL
from engine.train.data import records
from engine.train.data.record import Record
from host_bridge.errors import CuelockError


class StockConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """sources: manifests or folders; licences: which of their recordings may be taken.

    seconds: of a caption, after which no more recordings of it are taken; to: the file, a part of a
    bundle.
    """

    sources: tuple[str, ...]
    licences: tuple[str, ...]
    seconds: float
    to: str


def main(path: Path) -> None:
    """Gather by a TOML config.

    Raises CuelockError request.option when no recording has one of the licences.
    """
    config = msgspec.convert(tomllib.loads(path.read_text()), StockConfig)
    taken = [
        record
        for source in config.sources
        for record in records(Path(source))
        if record.split == "train" and record.licence in config.licences
    ]
    if not taken:
        raise CuelockError(
            "request.option",
            f"None of the recordings has a licence of {', '.join(config.licences)}.",
            hint="Name others under `licences`, or other `sources`.",
        )
    to = Path(config.to)
    to.parent.mkdir(parents=True, exist_ok=True)
    save_stock(_recorded(taken, config.seconds), MelPatchCodec(SMALL), to)


def _recorded(taken: Iterable[Record], enough: float) -> Iterator[Recorded]:
    """Recordings as mels, in order, until there are enough seconds of a caption."""
    seconds = defaultdict[str, float](float)
    for record in taken:
        if seconds[record.caption] < enough:
            mel = log_mel(torch.from_numpy(record.sound(SMALL.sample_rate)), SMALL)
            seconds[record.caption] += mel.shape[-1] / SMALL.rate
            yield Recorded(mel, record.caption)
