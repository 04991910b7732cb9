"""Predictors: what a bundle brings to turn picture into curves and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from torch import Tensor

from engine.melqcd.curves import Curves
from engine.melqcd.spec import MelSpec
from engine.picture.features import PictureFeatures
from engine.predict.spot import Event, spot_events
from engine.predict.v2x import V2X, predict_curves
from host_bridge.errors import CuelockError
from host_bridge.protocol import Behaviour


class Predictor(Protocol):
    """Arguments as engine.predict.v2x.predict_curves and engine.predict.spot.spot_events."""

    def curves(
        self,
        features: PictureFeatures,
        words: Tensor,
        *,
        focus: str | None,
        behaviour: Behaviour,
        frames: int,
        spec: MelSpec,
        ready: Callable[[int], None],
    ) -> Iterator[Curves]: ...

    def events(self, features: PictureFeatures, words: Tensor | None) -> list[Event]: ...


class MotionPredictor(NamedTuple):
    """Curves and events from what moves in the picture."""

    network: V2X

    def curves(
        self,
        features: PictureFeatures,
        words: Tensor,
        *,
        focus: str | None,
        behaviour: Behaviour,
        frames: int,
        spec: MelSpec,
        ready: Callable[[int], None],
    ) -> Iterator[Curves]:
        return predict_curves(
            self.network,
            features,
            words,
            focus=focus,
            behaviour=behaviour,
            frames=frames,
            spec=spec,
            ready=ready,
        )

    def events(self, features: PictureFeatures, words: Tensor | None) -> list[Event]:
        return spot_events(self.network, features, words)


class Unseeing(NamedTuple):
    """Stands where a bundle has nothing that predicts; says which part it lacks."""

    bundle: str
    part: str

    def curves(self, *_: object, **__: object) -> Iterator[Curves]:
        raise self._refused()

    def events(self, features: PictureFeatures, words: Tensor | None) -> list[Event]:
        raise self._refused()

    def _refused(self) -> CuelockError:
        return CuelockError(
            "bundle.unknown_part",
            f"The bundle {self.bundle!r} cannot predict curves: it has no part {self.part!r}.",
            hint="Give curves or a guide (--curves, --guide), or import a folder with that part.",
        )
