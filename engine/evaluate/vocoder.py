"""Vocoder: real mel in, sound out, beside Griffin and Lim's 64 rounds on the same mel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.bundles.load import Bundle
from engine.evaluate.baselines import griffin_lim
from engine.evaluate.distances import frechet_distance
from engine.evaluate.figures import measured
from engine.evaluate.hearing import Ears, Heard
from engine.evaluate.interval import Interval, interval, mean
from engine.evaluate.manifest import Recording
from engine.evaluate.sounds import points
from engine.generate.project import NATS_TO_DB
from engine.generate.vocoder import NOISE_CHANNELS
from engine.melqcd import onsets
from engine.melqcd.mel import log_mel
from engine.service.render import variation_seed
from host_bridge.protocol import EvaluateRow

NAME = "vocoder"
VOCODED = "vocoder"
PHASED = "Griffin-Lim, 64 rounds"
_JUDGED_NATS = 60 / NATS_TO_DB  # cells so far below the loudest are not judged
_NEAR_MS = 40
_WITHIN_MS = 5.0
_ROUNDS = 100


def rows(
    recordings: Sequence[Recording],
    reference: Sequence[Heard],
    bundle: Bundle,
    ears: Ears,
    *,
    seed: int,
    progress: Callable[[float], None],
) -> Iterator[EvaluateRow]:
    """Mel error, FAD, time and transients of both."""
    spec = bundle.manifest.mel
    groups = [one.group for one in recordings]
    errors: dict[str, list[float]] = {VOCODED: [], PHASED: []}
    shifts: dict[str, list[float]] = {VOCODED: [], PHASED: []}
    seconds: dict[str, list[float]] = {VOCODED: [], PHASED: []}
    heard: dict[str, list[Heard]] = {VOCODED: [], PHASED: []}
    for number, recording in enumerate(recordings):
        sound = torch.from_numpy(recording.sound(spec.sample_rate))
        mel = log_mel(sound, spec)
        own = variation_seed(seed, number)
        ways: dict[str, Callable[[], Tensor]] = {
            VOCODED: lambda mel=mel, own=own: _vocoded(mel, bundle, own),
            PHASED: lambda mel=mel, own=own: griffin_lim(mel, spec, seed=own),
        }
        for of, way in ways.items():
            begin = time.process_time()
            made = way()
            seconds[of].append(time.process_time() - begin)
            made = made[: len(sound)]
            errors[of].append(mel_error_db(mel, log_mel(made, spec)))
            shifts[of].append(transient_shift_ms(sound.numpy(), made.numpy(), spec.sample_rate))
            heard[of].append(ears.hear(made.numpy()))
        progress((number + 1) / len(recordings))
    yield from _compared("log-mel error", "dB", errors, groups, seed, 0.8)
    for embedder in ears.names:
        yield from _fad(points(reference, embedder), heard, embedder, groups, seed)
    yield from _compared("CPU seconds a recording", "s", seconds, groups, seed, 0.1)
    for of, found in shifts.items():
        bound = _WITHIN_MS if of == VOCODED else None
        name = "transients, mean shift"
        yield measured(NAME, name, of, mean(found, groups, seed), "ms", bound, least=False)


@torch.no_grad()
def _vocoded(mel: Tensor, bundle: Bundle, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, NOISE_CHANNELS, mel.shape[-1], generator=draw)
    return bundle.vocoder(mel[None], noise)[0]


def _compared(
    name: str,
    unit: str,
    values: dict[str, list[float]],
    groups: Sequence[str],
    seed: int,
    most: float,
) -> Iterator[EvaluateRow]:
    """A figure of both, and the vocoder's over Griffin-Lim's."""
    for of, found in values.items():
        yield measured(NAME, name, of, mean(found, groups, seed), unit, least=False)
    ours, theirs = np.array(values[VOCODED]), np.array(values[PHASED])
    share = interval(lambda w: float(w @ ours / (w @ theirs)), groups, seed=seed)
    yield measured(NAME, f"{name}, over Griffin-Lim's", VOCODED, share, "", most, least=False)


def _fad(
    reference: np.ndarray,
    heard: dict[str, list[Heard]],
    embedder: str,
    groups: Sequence[str],
    seed: int,
) -> Iterator[EvaluateRow]:
    sets = {of: points(found, embedder) for of, found in heard.items()}
    found: dict[str, Interval] = {}
    for of, made in sets.items():
        found[of] = interval(
            lambda w, made=made: frechet_distance(reference, made, w),
            groups,
            seed=seed,
            rounds=_ROUNDS,
        )
    bound = found[PHASED].value
    for of, one in found.items():
        limit = bound if of == VOCODED else None
        yield measured(NAME, f"FAD, {embedder}", of, one, "", limit, least=False)


def mel_error_db(wanted: Tensor, made: Tensor) -> float:
    """Mean absolute difference of log-mels over cells within 60 dB of the wanted one's loudest."""
    judged = wanted > wanted.max() - _JUDGED_NATS
    return float((wanted - made)[judged].abs().mean() * NATS_TO_DB)


def transient_shift_ms(real: np.ndarray, made: np.ndarray, rate: int) -> float:
    """Mean shift in ms of the steepest rise of level near each strict onset; nan without onsets."""
    import soxr

    shifts: list[float] = []
    rises = [_rise(sound, rate) for sound in (real, made)]
    for onset in onsets.strict_onsets(soxr.resample(real, rate, onsets.RATE)):
        at = round(1000 * onset)
        near = slice(max(0, at - _NEAR_MS), at + _NEAR_MS)
        places = [int(np.argmax(rise[near])) for rise in rises if len(rise[near])]
        if len(places) == 2:
            shifts.append(abs(places[0] - places[1]))
    return float(np.mean(shifts)) if shifts else float("nan")


def _rise(sound: np.ndarray, rate: int) -> np.ndarray:
    """How much level (dB) rises over 4 ms, each ms; level is floored 50 dB under the loudest."""
    step = rate // 1000
    power = np.square(sound[: len(sound) // step * step].astype(float)).reshape(-1, step).mean(1)
    smooth = np.convolve(power, np.ones(4) / 4, "same")
    level = 10 * np.log10(smooth + max(smooth.max(), 1e-12) * 1e-5)
    return np.maximum(0, level[4:] - level[:-4])
