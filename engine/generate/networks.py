"""The denoiser: diffusers' U-Net with its ControlNet, at the small bundle's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from engine.generate.inversion import InversionAdapter
from engine.generate.parts import Words
from engine.generate.shapes import DenoiserShape
from engine.generate.text import TEXT_WIDTH

if TYPE_CHECKING:
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler


class Denoiser(nn.Module):
    """U-Net + ControlNet + inversion adapter; predicts the clean latents ("sample").

    forward(noisy [B, C, H, W], step [B], words, hint [B, C, H, W], scales [residuals, ...]) ->
    clean latents [B, C, H, W]. hint: the recomposed curves through the codec, as the paper sends
    its hint through the VAE encoder. scales: what each of the ControlNet's residuals is
    multiplied by, from the finest level to the middle block; more dimensions go by row.
    """

    def __init__(self, shape: DenoiserShape) -> None:
        super().__init__()
        from diffusers.models.controlnets.controlnet import ControlNetModel
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        plain = len(shape.widths) - 1
        common: dict[str, Any] = {
            "in_channels": shape.channels,
            "down_block_types": ("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",),
            "block_out_channels": shape.widths,
            "layers_per_block": shape.layers,
            "cross_attention_dim": TEXT_WIDTH,
            "attention_head_dim": 32,
            # The sentence vector joins the time step's embedding and so reaches every block.
            "class_embed_type": "projection",
            "projection_class_embeddings_input_dim": TEXT_WIDTH,
        }
        self.unet = UNet2DConditionModel(
            out_channels=shape.channels,
            up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * plain,
            norm_num_groups=16,
            **common,
        )
        self.control = ControlNetModel(
            conditioning_channels=shape.channels,
            conditioning_embedding_out_channels=(shape.channels,),
            norm_num_groups=16,
            **common,
        )
        self.inversion = InversionAdapter()
        self.residuals = len(self.control.controlnet_down_blocks) + 1

    def forward(
        self, noisy: Tensor, step: Tensor, words: Words, hint: Tensor, scales: Tensor
    ) -> Tensor:
        common: dict[str, Any] = {
            "encoder_hidden_states": words.tokens,
            "class_labels": words.sentence,
            "return_dict": False,
        }
        down, middle = self.control(noisy, step, controlnet_cond=hint, **common)
        *fine, coarse = (part * by for part, by in zip((*down, middle), scales, strict=True))
        return self.unet(
            noisy,
            step,
            down_block_additional_residuals=fine,
            mid_block_additional_residual=coarse,
            **common,
        )[0]


def scheduler() -> DPMSolverMultistepScheduler:
    """The small bundle's noise schedule and solver: cosine, DPM-Solver++(2M), clean prediction."""
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        timestep_spacing="trailing",
        lower_order_final=True,
    )
