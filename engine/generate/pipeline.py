"""The pipeline: curves and words in, mel out, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from engine.generate.codec import PATCH_FRAMES, MelPatchCodec
from engine.generate.inversion import InversionAdapter
from engine.generate.networks import Denoiser, Words
from engine.generate.project import without_energy
from engine.generate.text import TextEncoder
from engine.generate.windows import WINDOW, Window, plan, ramp
from engine.melqcd.curves import Curves, GrowingCurves
from engine.melqcd.decompose import to_windows

if TYPE_CHECKING:
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

GUIDANCE = 6.0
GUIDED = 0.5  # share of the steps that are guided (Kynkäänniemi et al. 2024)


class Guide(nn.Module):
    """Words of a layer as the denoiser wants them: with guidance, without, in one batch."""

    def __init__(self, text: TextEncoder, inversion: InversionAdapter) -> None:
        super().__init__()
        self.text = text
        self.inversion = inversion

    @torch.no_grad()
    def forward(self, prompt: str, negative: str, seen: Tensor | None) -> Words:
        """Words of two rows: row 0 is what to leave (negative or nothing), row 1 what to make.

        seen [1, TEXT_WIDTH]: the picture's point in the text encoder's space; it becomes
        pseudo-words behind the prompt, None when the layer does not ask the picture.
        """
        encoded = self.text.encode([negative, prompt])
        point = torch.zeros_like(encoded.pooled)
        if seen is not None:
            point[1:] = seen
        tokens = torch.cat([encoded.tokens, self.inversion(point)], dim=1)
        return Words(tokens, torch.where(point != 0, point, encoded.pooled))


class Held(NamedTuple):
    """Sound that stays at a range's ends: log-mels [bands, n], n a multiple of PATCH_FRAMES."""

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

    def put_in(self, clean: Tensor) -> Tensor:
        """Clean latents with what is known in its place."""
        return clean + self.weight * (self.latents - clean)


class MelPipeline:
    """One generation pipeline for every bundle size; the bundle brings the networks."""

    def __init__(
        self, denoiser: Denoiser, codec: MelPatchCodec, solver: DPMSolverMultistepScheduler
    ) -> None:
        self.denoiser = denoiser
        self.codec = codec
        self.solver = solver

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
        window_columns: int = WINDOW,
        step_done: Callable[[float], None] = lambda _done: None,
    ) -> Iterator[Tensor]:
        """Log-mel of a range, piece by piece in order, as windows are finished.

        curves [T]: what is followed; words of two rows from Guide; strictness 0..1; cuts: mel
        frames at which the picture cuts, known before a frame; held: sound at the range's ends
        that stays; window_columns: what is denoised together at most. step_done is called after
        every solver step with the share that is done. Pieces [bands, t] join to T frames exactly;
        memory holds windows, whatever T is. The same arguments give the same mel on the same
        device.
        """
        frames = len(curves)
        columns = -(-frames // PATCH_FRAMES)
        before, after = (self._shape_of(mel) for mel in held or (torch.empty(0),) * 2)
        draw = torch.Generator().manual_seed(seed)
        noise = torch.empty(self.codec.channels, self.codec.spec.windows, 0)
        made = noise[None]

        def cut_columns(column: int) -> list[int]:
            return [cut // PATCH_FRAMES for cut in cuts(column * PATCH_FRAMES)]

        for window in plan(columns, cut_columns, window_columns):
            part = self._columns(curves, window.start, window.stop)
            control = self.codec.encode_hint(part.hint()[None])
            # A column keeps its noise, so that windows agree where they meet.
            fresh = torch.randn((window.fresh, *noise.shape[:2]), generator=draw).movedim(0, -1)
            noise = torch.cat([noise[..., noise.shape[-1] - window.context :], fresh], dim=-1)
            anchor = Anchor(torch.zeros(1, *noise.shape), torch.zeros(noise.shape[-1]))
            context = made[..., made.shape[-1] - window.context :]
            anchor.hold(context, 0, ramp(window.context))
            for mel, at in ((before, 0), (after, columns - after.shape[-1])):
                anchor.hold(mel, at - window.start, torch.ones(mel.shape[-1]))

            def one_done(share: float, at: Window = window) -> None:
                step_done((at.start + at.context + share * at.fresh) / columns)

            made = self._denoise(control, noise[None], anchor, words, strictness, steps, one_done)
            shape = self.codec.decode(made)[0] + torch.from_numpy(part.energy)
            begin = (window.start + window.context) * PATCH_FRAMES
            mel = shape[:, window.context * PATCH_FRAMES :][:, : frames - begin]
            yield mel.clamp(min=self.codec.spec.log_floor)

    def _columns(self, curves: GrowingCurves, start: int, stop: int) -> Curves:
        """The curves of latent columns [start, stop), silent beyond their end."""
        begin, end = start * PATCH_FRAMES, stop * PATCH_FRAMES
        return curves.upto(end).slice(begin, end).fitted(end - begin)

    def _shape_of(self, mel: Tensor) -> Tensor:
        """Latents [1, C, K, n / PATCH_FRAMES] of a log-mel [bands, n] that may have no frames."""
        if not mel.numel():
            return torch.empty(1, self.codec.channels, self.codec.spec.windows, 0)
        energy = to_windows(mel, self.codec.spec).mean(dim=-2)
        return self.codec.encode((mel - energy)[None])

    @torch.no_grad()
    def _denoise(
        self,
        control: Tensor,
        noise: Tensor,
        anchor: Anchor,
        words: Words,
        strictness: float,
        steps: int,
        step_done: Callable[[float], None],
    ) -> Tensor:
        """Clean latents [1, C, K, W]; what the anchor holds is put in at every step."""
        solver = deepcopy(self.solver)  # it carries the state of one run
        solver.set_timesteps(steps, device=noise.device)
        latents = noise * solver.init_noise_sigma
        hints = control.expand(2, -1, -1, -1)
        for number, step in enumerate(solver.timesteps):
            # Guidance settles what sounds; the last steps only refine it.
            rows = slice(0, 2) if number < GUIDED * steps else slice(1, 2)
            noisy = solver.scale_model_input(latents, step).expand(
                rows.stop - rows.start, -1, -1, -1
            )
            scales = strengths(strictness, number / steps, self.denoiser.residuals)
            heard = words.rows(rows)
            made = self.denoiser(noisy, step.expand(len(noisy)), heard, hints[rows], scales)
            leave, make = made[:1], made[-1:]
            clean = anchor.put_in(without_energy(leave + GUIDANCE * (make - leave)))
            latents = solver.step(clean, step, latents, return_dict=False)[0]
            step_done((number + 1) / steps)
        return anchor.put_in(without_energy(latents))


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
