"""Statistics of the curves over a corpus: what semantic vector quantisation meets there.

How energy, spread and |S| lie, which codes there are and how even they are used, how much of S
lies beyond the codes. A predictor's cross-entropy cannot fall below what the entropy says is
left to know; a corpus whose codes are few teaches few.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch

from engine.generate.shapes import AutoencoderShape
from engine.melqcd.decompose import CODES, decompose, quantise_semantic, to_windows
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import AUFFUSION, SMALL, MelSpec
from engine.train.data import records
from host_bridge.protocol import CodeShare, Spreading, SvqReply

_DB = 20 / np.log(10)
_SOUNDING = 1.0  # nats above the floor from which a frame's energy sounds
_BEYOND = 1.5  # |S| that rounds past the codes' last level
_COMMONEST = 10

Family = Literal["small", "auffusion"]
#: Spectrum of each family, and what recordings are levelled to before.
_HEARING: dict[Family, tuple[MelSpec, float | None]] = {
    "small": (SMALL, None),
    "auffusion": (AUFFUSION, AutoencoderShape().peak),
}


def statistics(source: Path, family: Family = "small") -> SvqReply:
    """Measure every recording of a collection, as a family of bundles hears it.

    Raises CuelockError request.path when there is nothing to read, media.* when a file is broken.
    """
    energies: list[np.ndarray] = []
    spreads: list[np.ndarray] = []
    strengths: list[np.ndarray] = []
    counts = np.zeros((CODES, CODES), int)
    frames = 0
    spec, peak = _HEARING[family]
    for record in records(source):
        sound = torch.from_numpy(record.sound(spec.sample_rate))
        if peak is not None:
            sound = sound * (peak / sound.abs().max().clamp(min=1e-5))
        energy, spread, semantic = decompose(to_windows(log_mel(sound, spec), spec))
        heard = energy > spec.log_floor + _SOUNDING
        upper, lower = quantise_semantic(semantic)[heard].long().T.numpy()
        np.add.at(counts, (upper, lower), 1)
        energies.append(energy[heard].numpy())
        spreads.append(spread[heard].numpy())
        strengths.append(semantic[:, heard].abs().numpy().astype(np.float16).ravel())
        frames += len(energy)
    S = np.concatenate(strengths).astype(np.float32)
    share = counts / max(1, counts.sum())
    used = share[share > 0]
    order = np.argsort(-share, axis=None)[:_COMMONEST]
    return SvqReply(
        source=str(source),
        frames=frames,
        sounding=float(counts.sum() / max(1, frames)),
        energy_db=_spreading(np.concatenate(energies) * _DB),
        spread_db=_spreading(np.concatenate(spreads) * _DB),
        semantic=_spreading(S),
        codes_used=len(used),
        entropy_bits=float(-(used * np.log2(used)).sum()),
        clipped=float((S > _BEYOND).mean()) if len(S) else 0.0,
        commonest=tuple(
            CodeShare(upper=int(n) // CODES, lower=int(n) % CODES, share=float(share.flat[n]))
            for n in order
            if share.flat[n] > 0
        ),
    )


def _spreading(values: np.ndarray) -> Spreading:
    if not len(values):
        return Spreading(mean=0, p5=0, p25=0, p50=0, p75=0, p95=0)
    p5, p25, p50, p75, p95 = (float(v) for v in np.percentile(values, (5, 25, 50, 75, 95)))
    return Spreading(mean=float(values.mean()), p5=p5, p25=p25, p50=p50, p75=p75, p95=p95)
