"""The pipeline: curves and words in, mel out, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.generate.inversion import InversionAdapter
from engine.generate.loudness import Loudness
from engine.generate.parts import Codec, Denoising, Sketching, Solver, Words
from engine.generate.text import TextEncoder
from engine.generate.windows import CONTEXT_FRAMES, WINDOW_FRAMES, Window, plan
from engine.melqcd.curves import Curves, GrowingCurves


class Guidance(NamedTuple):
    """How far guidance goes (classifier-free), over which share of the steps.

    Guidance settles what sounds; the last steps only refine it (Kynkäänniemi et al. 2024).
    """

    scale: float
    share: float


HALF_GUIDED = Guidance(6.0, 0.5)

_HEALED = 0.25  # share of the steps that are run where there is a sketch to begin with


class Guide(nn.Module):
    """Words of a layer as the denoiser wants them: with guidance, without, in one batch."""

    def __init__(self, text: TextEncoder, inversion: InversionAdapter) -> None:
        super().__init__()
        self.text = text
        self.inversion = inversion

    @torch.no_grad()
    def forward(self, prompt: str, negative: str, seen: Tensor | None) -> Words:
        """As engine.generate.parts.Guiding; seen [1, TEXT_WIDTH] lies in the encoder's space."""
        encoded = self.text.encode([negative, prompt])
        point = torch.zeros_like(encoded.pooled)
        if seen is not None:
            point[1:] = seen
        tokens = torch.cat([encoded.tokens, self.inversion(point)], dim=1)
        return Words(tokens, torch.where(point != 0, point, encoded.pooled))


class Held(NamedTuple):
    """Sound that stays at a range's ends: log-mels [bands, n], n a whole number of patches."""

    before: Tensor
    after: Tensor


class Anchor(NamedTuple):
    """Latents [1, C, K, W] that are known, and how much each column is held to them [W], 0..1."""

    latents: Tensor
    weight: Tensor

    def hold(self, known: Tensor, at: int, weight: Tensor) -> None:
        """Hold columns from `at` on to known latents [1, C, K, w] by weight [w]."""
        begin, end = max(0, at), min(len(self.weight), at + len(weight))
        if begin < end:
            self.latents[..., begin:end] = known[..., begin - at : end - at]
            self.weight[begin:end] = weight[begin - at : end - at]

    def to(self, device: torch.device) -> Anchor:
        """The same on another device."""
        return Anchor(self.latents.to(device), self.weight.to(device))

    def put_in(self, clean: Tensor) -> Tensor:
        """Clean latents with what is known in its place."""
        return clean + self.weight * (self.latents - clean)


class MelPipeline:
    """One generation pipeline for every bundle size; the bundle brings the networks."""

    def __init__(
        self,
        denoiser: Denoising,
        codec: Codec,
        solver: Solver,
        guidance: Guidance = HALF_GUIDED,
        sketching: Sketching | None = None,
    ) -> None:
        self.denoiser = denoiser
        self.codec = codec
        self.solver = solver
        self.guidance = guidance
        self.sketching = sketching

    def mels(
        self,
        curves: GrowingCurves,
        words: Words,
        *,
        strictness: float,
        steps: int,
        seed: int,
        cuts: Callable[[int], Sequence[int]] = lambda _frame: (),
        held: Held | None = None,
        window_frames: int = WINDOW_FRAMES,
        step_done: Callable[[float], None] = lambda _done: None,
    ) -> Iterator[Tensor]:
        """Log-mel of a range, piece by piece in order, as windows are finished.

        curves [T]: what is followed; words of two rows from Guide; strictness 0..1; cuts: mel
        frames at which the picture cuts, known before a frame; held: sound at the range's ends
        that stays; window_frames: what is denoised together at most. step_done is called after
        every solver step with the share that is done. Pieces [bands, t] join to T frames exactly;
        memory holds windows, whatever T is. The same arguments give the same mel on the same
        device.
        """
        frames, patch = len(curves), self.codec.patch_frames
        columns, most = -(-frames // patch), window_frames // patch
        before, after = (self._latents_of(mel) for mel in held or (torch.empty(0),) * 2)
        draw = torch.Generator().manual_seed(seed)
        noise = torch.empty(self.codec.channels, self.codec.rows, 0)
        made = noise[None]
        loudness = Loudness(self.codec.spec)
        sketch = self.sketching(words.sentence, seed) if self.sketching else None

        def cut_columns(column: int) -> list[int]:
            return [cut // patch for cut in cuts(column * patch)]

        for window in plan(columns, cut_columns, most=most, context=CONTEXT_FRAMES // patch):
            width = window.stop - window.start
            filled = self.codec.filled(width, most)
            part = self._columns(curves, window.start, window.start + filled)
            # A column keeps its noise, so that windows agree where they meet.
            fresh = torch.randn((filled - window.context, *noise.shape[:2]), generator=draw)
            held_noise = noise[..., noise.shape[-1] - window.context :]
            noise = torch.cat([held_noise, fresh.movedim(0, -1)], dim=-1)
            anchor = Anchor(torch.zeros(1, *noise.shape), torch.zeros(filled))
            context = made[..., made.shape[-1] - window.context :]
            anchor.hold(context, 0, torch.ones(window.context))
            for known, at in ((before, 0), (after, columns - after.shape[-1])):
                anchor.hold(known, at - window.start, torch.ones(known.shape[-1]))

            def one_done(share: float, at: Window = window) -> None:
                step_done((at.start + at.context + share * at.fresh) / columns)

            rough = None
            if sketch is not None:
                fresh = part.slice(window.context * patch, filled * patch)
                rough = torch.cat([context, sketch.over(fresh)], dim=-1)
            made = self._denoise(
                part, noise[None], rough, anchor, words, strictness, steps, one_done
            )
            mel = self.codec.decode_mel(made, torch.from_numpy(part.energy))[0].cpu()
            mel = loudness.followed(mel, part.hint(), window.context * patch, strictness)
            made, noise = made[..., :width].cpu(), noise[..., :width]
            begin, end = window.context * patch, min(width * patch, frames - window.start * patch)
            yield mel[:, begin:end].clamp(min=self.codec.spec.log_floor)

    def _columns(self, curves: GrowingCurves, start: int, stop: int) -> Curves:
        """The curves of latent columns [start, stop), silent beyond their end."""
        begin, end = start * self.codec.patch_frames, stop * self.codec.patch_frames
        return curves.upto(end).slice(begin, end).fitted(end - begin)

    def _latents_of(self, mel: Tensor) -> Tensor:
        """Latents [1, C, K, n / patch] of a log-mel [bands, n] that may have no frames."""
        if not mel.numel():
            return torch.empty(1, self.codec.channels, self.codec.rows, 0)
        return self.codec.encode_mel(mel[None]).cpu()

    @torch.no_grad()
    def _denoise(
        self,
        curves: Curves,
        noise: Tensor,
        rough: Tensor | None,
        anchor: Anchor,
        words: Words,
        strictness: float,
        steps: int,
        step_done: Callable[[float], None],
    ) -> Tensor:
        """Clean latents [1, C, K, W]; what the anchor holds is put in at every step.

        rough [1, C, K, W]: what the last of the steps begin with, None to begin with noise.
        """
        control = self.codec.encode_hint(curves.hint()[None])
        noise, anchor = noise.to(control.device), anchor.to(control.device)
        solver = deepcopy(self.solver)  # it carries the state of one run
        solver.set_timesteps(steps, device=noise.device)
        evaluations, begin = len(solver.timesteps), 0
        latents = noise * solver.init_noise_sigma
        if rough is not None:
            begin = min(int((1 - _HEALED) * evaluations), evaluations - 1)
            clean = anchor.put_in(self.codec.settled(rough.to(control.device), curves, strictness))
            latents = solver.add_noise(clean, noise, solver.timesteps[begin, None])
        hints = control.expand(2, -1, -1, -1)
        for number, step in enumerate(solver.timesteps[begin:], begin):
            guided = number < self.guidance.share * evaluations
            rows = slice(0, 2) if guided else slice(1, 2)
            noisy = solver.scale_model_input(latents, step).expand(
                rows.stop - rows.start, -1, -1, -1
            )
            done = number / evaluations
            scales = strengths(strictness, done, self.denoiser.residuals)
            heard = words.rows(rows)
            made = self.denoiser(noisy, step.expand(len(noisy)), heard, hints[rows], scales)
            leave, make = made[:1], made[-1:]
            wanted = leave + self.guidance.scale * (make - leave)
            # Led early, free late: what is forced to the end agrees with no neighbour.
            led = strictness * (1 - done)
            clean = anchor.put_in(self.codec.settled(wanted, curves, led))
            latents = solver.step(clean, step, latents, return_dict=False)[0]
            step_done((number + 1 - begin) / (evaluations - begin))
        return anchor.put_in(self.codec.settled(latents, curves, 0.0))


def strengths(strictness: float, progress: float, residuals: int) -> Tensor:
    """Scales [residuals] of the ControlNet's residuals, from the finest level to the middle block.

    Strictness 1 holds all of them over all steps. Below, fine levels and late steps are freed
    first: early steps and coarse levels settle when and where, the rest is texture.

    >>> strengths(1.0, 0.5, 3)
    tensor([1., 1., 1.])
    >>> [round(float(s), 2) for s in strengths(0.5, 0.0, 3)]
    [0.25, 0.35, 0.5]
    """
    fineness = torch.linspace(1, 0, residuals)
    late = strictness + (1 - strictness) * (1 - progress)
    return late * strictness ** (1 + fineness)
