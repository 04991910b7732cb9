"""`cuelock evaluate`: a bundle over a manifest's recordings, every measure beside baselines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from engine.bundles.load import load_bundle
from engine.evaluate import joins, made_picture, names, obeys, sees, sounds, vocoder
from engine.evaluate.aisfx import AiSfx
from engine.evaluate.baselines import Nearest
from engine.evaluate.hearing import Ears, Heard
from engine.evaluate.manifest import TRAIN, Recording, read_manifest, spread
from engine.evaluate.pairs import Pairs, paired, predicted_curves, true_curves
from engine.evaluate.report import Album, write_report
from engine.stems.tagger import Tagger
from host_bridge.errors import CuelockError
from host_bridge.protocol import EvaluateReply, EvaluateRow

Source = Literal["sound", "picture", "scenes"]
#: By what curves come from.
MEASURES: dict[Source, tuple[str, ...]] = {
    "sound": ("obeys", "names", "sounds", "vocoder"),
    "picture": ("sees", "obeys", "names", "sounds"),
    "scenes": made_picture.KINDS,
}
LEAST_SECONDS = 1.0
_VOCODED = 80  # recordings that are enough for the vocoder: Griffin and Lim are slow
_JOINED = 24
_NEAREST_AMONG = 8  # training recordings for each measured one, where these are limited
EVERY = "all"
Progress = Callable[[str, float], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured.

    source: where curves come from, the recordings' own sound or their picture; or "scenes", and
    the manifest is a config of made scenes. split: the manifest's that is measured, or "all".
    measures: empty for all that the source has. most: recordings or scenes at most, None for all
    (recordings of 1 s and more); baselines draw from as many more. report: the folder of the HTML
    report, None for none.
    """

    manifest: Path
    split: str = "test"
    source: Source = "sound"
    measures: tuple[str, ...] = ()
    bundle: str = "small"
    most: int | None = None
    seed: int = 0
    report: Path | None = None


def run(plan: Plan, progress: Progress = lambda _stage, _done: None) -> EvaluateReply:
    """Measure. The same plan over the same files gives the same figures, times apart.

    Raises CuelockError request.* where there is nothing to measure, engine.dependency where the
    packages of the evaluate extra are missing.
    """
    begin = time.monotonic()
    measures = plan.measures or MEASURES[plan.source]
    if unknown := set(measures) - set(MEASURES[plan.source]):
        raise CuelockError(
            "request.option",
            f"There is no measure {', '.join(sorted(unknown))} from {plan.source}.",
            hint=f"Measures: {', '.join(MEASURES[plan.source])}.",
        )
    if plan.source == "scenes":
        rows, album = _of_scenes(plan, measures, progress)
    else:
        session = _Session(plan, measures, progress)
        rows = tuple(row for measure in measures for row in session.rows(measure))
        album = session.album
    reply = EvaluateReply(
        manifest=plan.manifest.name,
        split=plan.split,
        source=plan.source,
        bundle=plan.bundle,
        seed=plan.seed,
        rows=rows,
        report=str(plan.report / "index.html") if plan.report else None,
        seconds=round(time.monotonic() - begin, 1),
    )
    if plan.report:
        write_report(reply, album, plan.report)
    return reply


def _of_scenes(
    plan: Plan, measures: Sequence[str], progress: Progress
) -> tuple[tuple[EvaluateRow, ...], Album]:
    """Figures of made scenes, where there is nothing to listen to."""
    bundle = load_bundle(plan.bundle)
    found = made_picture.rows(
        plan.manifest, bundle, measures, most=plan.most, seed=plan.seed, progress=progress
    )
    return tuple(found), Album(0, bundle.manifest.mel)


class _Session:
    """What measures share, made when the first of them asks."""

    def __init__(self, plan: Plan, measures: Sequence[str], progress: Progress) -> None:
        self._plan = plan
        self._measures = measures
        self._progress = progress
        everything = read_manifest(plan.manifest)
        self._others = [one for one in everything if one.split not in (TRAIN, plan.split)]
        self._train = [one for one in everything if one.split == TRAIN != plan.split]
        self._all = [one for one in everything if plan.split in (EVERY, one.split)]
        self._recordings = spread(
            [one for one in self._all if _long_enough(one)], plan.most, plan.seed
        )
        if not self._recordings:
            raise CuelockError(
                "request.option",
                f"{plan.manifest.name} has no recordings of 1 s in the split {plan.split!r}.",
                hint="Name one of its splits with --split, or `--split all`.",
            )
        self._bundle = load_bundle(plan.bundle)
        self.album = Album(len(self._recordings), self._bundle.manifest.mel)

    def rows(self, measure: str) -> Iterator[EvaluateRow]:
        """The figures of one measure."""
        plan, bundle = self._plan, self._bundle
        promised = plan.source == "sound"
        match measure:
            case "obeys":
                yield from obeys.rows(self._pairs, plan.seed, promised=promised)
            case "names":
                tags = self._ears.tagger.names
                yield from names.rows(self._pairs, bundle, tags, plan.seed, promised=promised)
                yield from names.caption_rows(self._others, bundle, self._ears, plan.seed)
            case "sounds":
                yield from sounds.rows(
                    self._pairs, self._reference, self._ears.names, plan.seed, promised=promised
                )
                yield from joins.rows(self._long, bundle, plan.seed)
            case "vocoder":
                yield from vocoder.rows(
                    spread(self._recordings, _VOCODED, plan.seed),
                    self._reference,
                    bundle,
                    self._ears,
                    seed=plan.seed,
                    progress=lambda done: self._progress("vocoder", done),
                )
            case _:
                yield from sees.rows(
                    [one for one in self._all if one.kind == "sync"],
                    bundle,
                    seed=plan.seed,
                    progress=lambda done: self._progress("sees", done),
                )

    @cached_property
    def _ears(self) -> Ears:
        far = {"sounds", "vocoder"} & set(self._measures)
        return Ears(Tagger(), [AiSfx()] if far else [], self._bundle.manifest.mel)

    @cached_property
    def _pairs(self) -> Pairs:
        spec = self._bundle.manifest.mel
        limit = self._plan.most and _NEAREST_AMONG * self._plan.most
        train = spread([one for one in self._train if _long_enough(one)], limit, self._plan.seed)
        return paired(
            self._recordings,
            self._bundle,
            self._ears,
            true_curves if self._plan.source == "sound" else predicted_curves,
            Nearest(train, spec) if train else None,
            seed=self._plan.seed,
            keep=self.album.keep,
            progress=lambda done: self._progress("making and hearing", done),
        )

    @cached_property
    def _reference(self) -> Sequence[Heard]:
        """Other unseen real sound; where there is none, that of the pairs."""
        others = [one for one in self._others if _long_enough(one)]
        if not others:
            return self._pairs.real
        rate = self._bundle.manifest.mel.sample_rate
        chosen = spread(others, self._plan.most, self._plan.seed)
        return [self._ears.hear(one.sound(rate)) for one in chosen]

    @property
    def _long(self) -> list[Recording]:
        """Recordings with room for joins."""
        long = [one for one in self._recordings if (one.seconds or 0) >= joins.LEAST_SECONDS]
        return spread(long, _JOINED, self._plan.seed)


def _long_enough(one: Recording) -> bool:
    return one.seconds is None or one.seconds >= LEAST_SECONDS
