"""A bundle in memory: what a render needs, behind the seams every family fits."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bundles.store import Manifest
from engine.generate.parts import Guiding, Seeing, Text, Vocoding
from engine.generate.pipeline import MelPipeline
from engine.predict.predictor import Predictor


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """What of a bundle says when something should sound. backbone: what looks at the picture."""

    manifest: Manifest
    predictor: Predictor
    backbone: Seeing


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle(Sight):
    """Everything a render needs."""

    text: Text
    guide: Guiding
    pipeline: MelPipeline
    vocoder: Vocoding
