"""The Greatest Hits: NAME_denoised.mp4 (and .wav) with NAME_times.txt, a line an event.

A line holds seconds, material, action (hit or scratch) and reaction; a word that nobody gave is
None. train.txt and test.txt list names where they are there. Source: Owens et al., "Visually
Indicated Sounds" (2016), the data set's README.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from engine.train.data.record import Event, Record, Split

TIMES = "_times.txt"
_VERBS = {"hit": "hitting", "scratch": "scratching"}
_SPLITS: tuple[Split, ...] = ("train", "test")


def read_greatest_hits(folder: Path) -> list[Record]:
    """One record a recording, its events known; the picture's file where it is there."""
    splits: dict[str, Split] = {
        name: split
        for split in _SPLITS
        if (folder / f"{split}.txt").is_file()
        for name in (folder / f"{split}.txt").read_text(encoding="utf-8").split()
    }
    return [
        _record(file, splits.get(name, "train"))
        for file in sorted(folder.glob(f"*{TIMES}"))
        for name in (file.name.removesuffix(TIMES),)
    ]


def _record(times: Path, split: Split) -> Record:
    name = times.name.removesuffix(TIMES)
    events = tuple(
        Event(seconds=float(seconds), material=_word(material), action=_word(action))
        for line in times.read_text(encoding="utf-8").splitlines()
        if line.strip()
        for seconds, material, action in (line.split()[:3],)
    )
    movie = times.with_name(f"{name}_denoised.mp4")
    caption = _caption(events)
    return Record(
        path=movie if movie.is_file() else movie.with_suffix(".wav"),
        caption=caption,
        kind=caption,
        group=name,
        split=split,
        events=events,
    )


def _word(told: str) -> str:
    return "" if told == "None" else told.replace("-", " ")


def _caption(events: tuple[Event, ...]) -> str:
    """The commonest action on the commonest material, as a drumstick does it."""
    told = Counter((e.action, e.material) for e in events if e.action and e.material)
    if not told:
        return "a drumstick"
    (action, material), _ = told.most_common(1)[0]
    return f"a drumstick {_VERBS.get(action, action)} {material}"
