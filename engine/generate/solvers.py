"""Solvers over Stable Diffusion's noise schedule, given clean latents as every solver here is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.generate.parts import Solver

STEPS = 1000
_BEGIN, _END = 0.00085, 0.012  # betas, linear in their square roots
_SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": STEPS,
    "beta_start": _BEGIN,
    "beta_end": _END,
    "beta_schedule": "scaled_linear",
}


def kept_shares() -> Tensor:
    """Share of a latent's power that is left of it at each step [STEPS] (alpha bar)."""
    betas = torch.linspace(_BEGIN**0.5, _END**0.5, STEPS, device="cpu").square()
    return torch.cumprod(1 - betas, dim=0)


def dpm_solver() -> Solver:
    """DPM-Solver++(2M) (Lu et al. 2022)."""
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        prediction_type="sample", timestep_spacing="trailing", lower_order_final=True, **_SCHEDULE
    )


class Plms:
    """Pseudo linear multistep (Liu et al. 2022), the paper's; its first step counts twice.

    It extrapolates the noise, so clean latents are turned back into the noise they follow from.
    """

    init_noise_sigma = 1.0

    def __init__(self) -> None:
        from diffusers.schedulers.scheduling_pndm import PNDMScheduler

        self._scheduler: Any = PNDMScheduler(skip_prk_steps=True, steps_offset=1, **_SCHEDULE)
        self._kept = kept_shares()
        self.timesteps = torch.empty(0)

    def set_timesteps(self, num_inference_steps: int, device: Any) -> None:
        self._scheduler.set_timesteps(num_inference_steps, device)
        self.timesteps = self._scheduler.timesteps

    def scale_model_input(self, sample: Tensor, timestep: Any) -> Tensor:
        return sample

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Any) -> Tensor:
        return self._scheduler.add_noise(original_samples, noise, timesteps)

    def step(
        self, model_output: Tensor, timestep: Any, sample: Tensor, *, return_dict: bool
    ) -> Any:
        kept = self._kept[int(timestep)]
        noise = (sample - kept.sqrt() * model_output) / (1 - kept).sqrt()
        return self._scheduler.step(noise, timestep, sample, return_dict=return_dict)
