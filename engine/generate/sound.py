"""Mel pieces to sound, streamed: vocoded in blocks with margins, energy imposed, cross-faded."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.generate.project import follow_energy
from engine.generate.vocoder import NOISE_CHANNELS, Vocoder

BLOCK = 400  # mel frames vocoded together
MARGIN = 24  # frames on both sides that a block sees but does not deliver
FADE = 2  # frames over which neighbouring blocks cross-fade


@torch.no_grad()
def sounds(
    mels: Iterator[Tensor], energy: Tensor, vocoder: Vocoder, *, seed: int
) -> Iterator[Tensor]:
    """Sound of a range, piece by piece in order; pieces [samples] join to T * hop samples.

    mels: pieces [bands, t] that join to T frames; energy [T]: the curve the sound follows.
    """
    spec = vocoder.spec
    frames = energy.shape[-1]
    generator = torch.Generator().manual_seed(seed)
    held = torch.empty(spec.bands + NOISE_CHANNELS, 0)  # frames [first, first + n)
    first, done = 0, 0
    tail = torch.empty(0)
    for mel in mels:
        noise = torch.randn((mel.shape[-1], NOISE_CHANNELS), generator=generator).T
        held = torch.cat([held, torch.cat([mel, noise])], dim=-1)
        known = first + held.shape[-1]
        while done < frames and (known == frames or known - done >= BLOCK + MARGIN + FADE):
            stop = min(done + BLOCK, frames)
            begin, end = max(0, done - MARGIN), min(frames, stop + FADE + MARGIN)
            part = held[None, :, begin - first : end - first]
            sound = vocoder(part[:, : spec.bands], part[:, spec.bands :])[0]
            sound = follow_energy(sound, energy[begin:end], spec)
            sound = sound[(done - begin) * spec.hop : (min(stop + FADE, frames) - begin) * spec.hop]
            fade = torch.linspace(0, 1, len(tail) + 2)[1:-1]
            head = tail * (1 - fade) + sound[: len(tail)] * fade
            body = (stop - done) * spec.hop
            yield torch.cat([head, sound[len(tail) : body]])
            tail = sound[body:]
            done = stop
            held, first = held[:, max(0, done - MARGIN) - first :], max(0, done - MARGIN)
