"""Mel pieces to sound, streamed: vocoded in blocks with margins, energy imposed, cross-faded.

What a bundle makes at another rate than stems have is resampled on the way.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr
import torch
from torch import Tensor

from engine.generate.parts import Vocoding
from engine.generate.project import follow_energy

BLOCK = 400  # mel frames vocoded together
MARGIN = 24  # frames on both sides that a block sees but does not deliver
FADE = 2  # frames over which neighbouring blocks cross-fade


@torch.no_grad()
def sounds(
    mels: Iterator[Tensor], energy: Tensor, vocoder: Vocoding, *, seed: int
) -> Iterator[Tensor]:
    """Sound of a range, piece by piece in order; pieces [samples] join to T * hop samples.

    mels: pieces [bands, t] that join to T frames; energy [T]: the curve the sound follows.
    """
    spec = vocoder.spec
    frames = energy.shape[-1]
    generator = torch.Generator().manual_seed(seed)
    held = torch.empty(spec.bands + vocoder.noise_channels, 0)  # frames [first, first + n)
    first, done = 0, 0
    tail = torch.empty(0)
    for mel in mels:
        noise = torch.randn((mel.shape[-1], vocoder.noise_channels), generator=generator).T
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


def at_rate(pieces: Iterator[Tensor], have: int, want: int) -> Iterator[Tensor]:
    """Pieces [samples] at another sample rate, a whole multiple; as long, to the sample."""
    if have == want:
        yield from pieces
        return
    stream = soxr.ResampleStream(have, want, 1)
    made, due = 0, 0
    for piece in pieces:
        due += len(piece) * want // have
        out = stream.resample_chunk(piece.numpy())
        made += len(out)
        yield torch.from_numpy(out)
    out = stream.resample_chunk(np.zeros(0, np.float32), last=True)[: due - made]
    yield torch.from_numpy(np.pad(out, (0, due - made - len(out))))
