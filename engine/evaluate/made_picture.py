"""How well the predictor sees on made picture it never saw, where the truth is exact.

Contacts: how many of the moments at which something is struck lie within one frame of an event
that spotting reports. Focus: where several things sound, whether the curve predicted for one of
them (its box, its words) goes more with its own sound than with another's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, permutations
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch

from engine.bundles.load import Bundle
from engine.evaluate.figures import measured
from engine.evaluate.interval import Interval, interval
from engine.evaluate.sync import energy_correlation
from engine.generate.text import TextEncoder
from engine.predict.predictor import MotionPredictor
from engine.predict.spot import CURVE_RATE, apart, peaks
from engine.predict.v2x import V2X, Predicted, predict
from engine.train import made_picture, scenes
from engine.train.sounding import SECONDS, MadeExample
from engine.train.sounds import SoundLibrary
from host_bridge.errors import CuelockError
from host_bridge.protocol import EvaluateRow

#: Kinds of scenes: real bodies, simulated and rendered; drawings.
KINDS = ("physics", "drawn")
CONTACTS_BOUND, FOCUS_BOUND = 0.9, 0.8
_TURNS = 12  # turns of the spotted events round the scene that chance is taken from


PREDICTED, CHANCE = "predicted", "the same events, turned"


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


def rows(
    path: Path,
    bundle: Bundle,
    kinds: Sequence[str],
    *,
    most: int | None,
    seed: int,
    progress: Callable[[str, float], None],
) -> Iterator[EvaluateRow]:
    """Figures over the scenes of a TOML config, of which those that are missing are made.

    Raises CuelockError bundle.unknown_part for a bundle that is not asked by what moves, and
    request.option for what is no such config.
    """
    config = scenes_config(path)
    if most is not None:
        config = msgspec.structs.replace(config, count=min(most, config.count))
    network, text = bundle.predictor, bundle.text
    if not (isinstance(network, MotionPredictor) and isinstance(text, TextEncoder)):
        raise CuelockError(
            "bundle.unknown_part",
            f"The bundle {bundle.manifest.name!r} has no predictor of the small family.",
            hint="Measure it on real picture, with --from picture.",
        )
    for kind in kinds:
        made = _scenes(kind, config)
        seen: list[Seen] = []
        for examples in made:
            seen.append(_seen(network.network, text, examples))
            progress(f"watching scenes ({kind})", len(seen) / config.count)
        yield from figures(kind, seen, seed)


def scenes_config(path: Path) -> scenes.ScenesConfig:
    """Raises CuelockError request.option where a file is none."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), scenes.ScenesConfig)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CuelockError(
            "request.option",
            f"{path} is no config of scenes: {error}.",
            hint="Name one like engine/train/configs/scenes-held-out.toml.",
        ) from error


def figures(kind: str, seen: Sequence[Seen], seed: int) -> Iterator[EvaluateRow]:
    """Shares over scenes of one kind beside their bounds; scenes are drawn again, not contacts."""
    counts = np.array(seen, float)
    scenes_ = [str(number) for number in range(len(seen))]

    def share(
        name: str, of: str, counted: str, among: str, bound: float | None = None
    ) -> EvaluateRow:
        part, whole = (counts[:, Seen._fields.index(field)] for field in (counted, among))
        if not whole.any():
            return measured(kind, name, of, _NOTHING, bound=bound)

        def drawn(w: np.ndarray) -> float:
            return float(w @ part / (w @ whole)) if w @ whole else np.nan

        found = interval(drawn, scenes_, seed=seed)
        return measured(kind, name, of, found._replace(recordings=int(whole.sum())), "", bound)

    within = "contacts within one frame"
    yield share(within, PREDICTED, "spotted", "contacts", CONTACTS_BOUND)
    yield share(within, CHANCE, "chance", "contacts")
    yield share("events at a contact", PREDICTED, "true_events", "events")
    yield share("right thing under focus", PREDICTED, "right", "choices", FOCUS_BOUND)


_NOTHING = Interval(np.nan, np.nan, np.nan, 0)


def _scenes(kind: str, config: scenes.ScenesConfig) -> Iterable[Sequence[MadeExample]]:
    if kind == "drawn":
        library = SoundLibrary(Path(config.manifest), config.split, Path(config.cache))
        return islice(_drawn(library, config.seed), config.count)
    scenes.make(config)
    return scenes.scenes_of(Path(config.folder))[: config.count]


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
