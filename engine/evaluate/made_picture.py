"""How well the predictor sees on made picture it never saw, where the truth is exact.

Contacts: how many of the moments at which something is struck lie within one frame of an event
that spotting reports. Focus: where several things sound, whether the curve predicted for one of
them (its box, its words) goes more with its own sound than with another's.

    python -m engine.evaluate.made engine/train/configs/scenes-held-out.toml [RUN]

RUN: folder of a training run whose averaged weights are measured; without it, the small bundle.
"""

from __future__ import annotations

import logging
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, permutations
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch

from engine.bundles.load import load_bundle
from engine.evaluate.figures import row
from engine.evaluate.sync import energy_correlation
from engine.generate.text import TextEncoder
from engine.predict.predictor import MotionPredictor
from engine.predict.spot import APART, CURVE_RATE, peaks
from engine.predict.v2x import V2X, Predicted, predict
from engine.train import made_picture, scenes
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SoundLibrary
from engine.train.state import averaged
from host_bridge.protocol import BenchRow

CONTACTS_BOUND, FOCUS_BOUND = 0.9, 0.8
_TURNS = 12  # turns of the spotted events round the scene that chance is taken from


class Seen(NamedTuple):
    """A scene's figures: contacts, those that were spotted, those spotted by chance; events that
    spotting reported, those at a contact; choices between two things under focus, right ones."""

    contacts: int
    spotted: int
    chance: float
    events: int
    true_events: int
    choices: int
    right: int


def figures(network: V2X, text: TextEncoder, made: Iterable[Sequence[MadeExample]]) -> list[Seen]:
    """Figures of scenes, one by one."""
    return [_seen(network, text, examples) for examples in made]


def rows(name: str, seen: Sequence[Seen]) -> list[BenchRow]:
    """The means over scenes of one kind beside their bounds."""
    total = Seen(*(sum(column) for column in zip(*seen, strict=True)))
    contacts, events = max(1, total.contacts), max(1, total.events)
    under_focus = total.right / max(1, total.choices)

    def share(what: str, value: float, bound: float | None = None) -> BenchRow:
        return row(f"{name}: {what}", value, "", bound, least=True)

    return [
        share("contacts within one frame", total.spotted / contacts, CONTACTS_BOUND),
        share("contacts within one frame by chance", total.chance / contacts),
        share("events at a contact", total.true_events / events),
        share("right thing under focus", under_focus, FOCUS_BOUND),
        share("contacts", total.contacts),
        share("choices under focus", total.choices),
    ]


def _seen(network: V2X, text: TextEncoder, examples: Sequence[MadeExample]) -> Seen:
    whole = next(example for example in examples if not example.words)
    frame = 1 / float(whole.features.rate)
    made = _predicted(network, text, whole, torch.ones(whole.focus.shape))
    events = np.array([at for at, _ in peaks(torch.sigmoid(made.onset[0]).numpy())])
    events = (events + 0.5) / CURVE_RATE
    contacts = apart(whole.onsets)
    turned = [
        _near(contacts, (events + SECONDS * turn / (_TURNS + 1)) % SECONDS, frame)
        for turn in range(1, _TURNS + 1)
    ]
    choices = _choices(network, text, examples)
    return Seen(
        len(contacts), _near(contacts, events, frame), float(np.mean(turned)),
        len(events), _near(events, contacts, frame), len(choices), sum(choices),
    )  # fmt: skip


def apart(onsets: Sequence[float]) -> np.ndarray:
    """Onsets that spotting can tell from the last one."""
    kept: list[float] = []
    for onset in sorted(onsets):
        if not kept or onset - kept[-1] >= APART / CURVE_RATE:
            kept.append(onset)
    return np.array(kept)


def _near(these: np.ndarray, those: np.ndarray, within: float) -> int:
    """How many of these have one of those within so many seconds."""
    if not len(these) or not len(those):
        return 0
    return int((np.abs(these[:, None] - those).min(axis=1) <= within).sum())


def _choices(network: V2X, text: TextEncoder, examples: Sequence[MadeExample]) -> list[bool]:
    """For every thing with a focus of its own against each other thing: whether its own wins."""
    things = [example for example in examples if example.words and example.onsets]
    won: list[bool] = []
    for one, other in permutations(things, 2):
        if one.focus.min() == 1:
            continue
        made = _predicted(network, text, one, torch.from_numpy(one.focus)).energy[0].numpy()
        own, others = (energy_correlation(e.curves.energy, made) for e in (one, other))
        won.append(own > others)
    return won


def _predicted(
    network: V2X, text: TextEncoder, example: MadeExample, focus: torch.Tensor
) -> Predicted:
    words = text.encode([example.words]).pooled
    frames = SECONDS * CURVE_RATE
    return predict(network, example.features, words, focus, frames, looking=True)


def _drawn(library: SoundLibrary, seed: int) -> Iterator[list[MadeExample]]:
    number = 0
    while True:
        yield made_picture.scene(library, np.random.default_rng([seed, number]))
        number += 1


def main(path: Path, run: Path | None = None) -> None:
    """Make what is missing of the held-out scenes, measure, and print the rows as JSON lines."""
    config = msgspec.convert(tomllib.loads(path.read_text()), scenes.ScenesConfig)
    scenes.main(path)
    bundle = load_bundle("small")
    assert isinstance(bundle.predictor, MotionPredictor)
    assert isinstance(bundle.text, TextEncoder)
    network = bundle.predictor.network
    if run is not None:
        network = V2X().eval()
        network.load_state_dict(averaged(run))
    library = SoundLibrary(Path(config.manifest), config.split, Path(config.cache))
    kinds = {
        "physics": scenes.scenes_of(Path(config.folder)),
        "drawn": islice(_drawn(library, config.seed), config.count),
    }
    for name, made in kinds.items():
        for measured in rows(name, figures(network, bundle.text, made)):
            print(msgspec.json.encode(measured).decode())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
