"""What may happen on a stage: an act puts bodies into a lane and says what they sound like."""

from __future__ import annotations

from collections.abc import Callable

from engine.train.physics.driven import (
    bat,
    door,
    hammer,
    hand,
    lid,
    pendulum,
    racket,
    scrape,
    wheel,
)
from engine.train.physics.figure import walk
from engine.train.physics.loose import dominoes, drop, pool, roll, throw
from engine.train.physics.stage import Stage

ACTS: tuple[Callable[[Stage, float], None], ...] = (
    drop, throw, roll, pool, dominoes, hammer, hand, door, lid, pendulum, racket, bat, scrape,
    wheel, walk, drop, hammer, hand, walk,
)  # fmt: skip
