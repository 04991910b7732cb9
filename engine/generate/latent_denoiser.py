"""The paper's denoiser: Stable Diffusion 1's U-Net with a ControlNet whose hint is latent.

It predicts the noise; what it gives is the clean latents that follow from it, so that one loop
serves every bundle. Guidance is the same in both: they differ by a linear map.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional as F

from engine.generate.parts import Words
from engine.generate.shapes import LatentDenoiserShape
from engine.generate.solvers import kept_shares

if TYPE_CHECKING:
    from diffusers.models.controlnets.controlnet import ControlNetModel


class HintBlock(nn.Module):
    """Brings a hint of 8 channels to the first level's width: 3 x 3 convolutions, SiLU between."""

    def __init__(self, channels: int, shape: LatentDenoiserShape) -> None:
        super().__init__()
        widths = (channels, *shape.hint, shape.widths[0])
        convs = [nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise(widths)]
        for parameter in convs[-1].parameters():
            nn.init.zeros_(parameter)
        self.convs = nn.ModuleList(convs)

    def forward(self, hint: Tensor) -> Tensor:
        first, *others = self.convs
        h = first(hint)
        for conv in others:
            h = conv(F.silu(h))
        return h


class LatentDenoiser(nn.Module):
    """engine.generate.parts.Denoising; hint [B, 2 * channels, rows, W] from MelImageCodec.

    controlled: whether there is a ControlNet; without one only words steer.
    """

    def __init__(self, shape: LatentDenoiserShape, *, controlled: bool = True) -> None:
        super().__init__()
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        attending = len(shape.widths) - 1
        self.unet = UNet2DConditionModel(
            out_channels=shape.channels,
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * attending,
            **_common(shape),
        )
        self.steer(control_net(shape) if controlled else None)
        self.alphas = kept_shares()

    def steer(self, control: ControlNetModel | None) -> None:
        """Have this ControlNet, or none."""
        self.control = control
        self.residuals = 0 if control is None else len(control.controlnet_down_blocks) + 1

    def forward(
        self, noisy: Tensor, step: Tensor, words: Words, hint: Tensor, scales: Tensor
    ) -> Tensor:
        noise = self.noise(noisy, step, words, hint, scales)
        alpha = self.alphas[step.cpu()].to(noisy.device).view(-1, 1, 1, 1)
        return (noisy - (1 - alpha).sqrt() * noise) / alpha.sqrt()

    def noise(
        self, noisy: Tensor, step: Tensor, words: Words, hint: Tensor, scales: Tensor
    ) -> Tensor:
        """The noise in noisy latents, predicted."""
        weight = self.unet.conv_in.weight
        noisy, hint, tokens, scales = (
            part.to(weight) for part in (noisy, hint, words.tokens, scales)
        )
        common: dict[str, Any] = {"encoder_hidden_states": tokens, "return_dict": False}
        held: dict[str, Any] = {}
        if self.control is not None:
            down, middle = self.control(noisy, step, controlnet_cond=hint, **common)
            *fine, coarse = (part * by for part, by in zip((*down, middle), scales, strict=True))
            held = {
                "down_block_additional_residuals": fine,
                "mid_block_additional_residual": coarse,
            }
        return self.unet(noisy, step, **common, **held)[0].float()


def control_net(shape: LatentDenoiserShape) -> ControlNetModel:
    """A ControlNet for a U-Net of this shape; a new one says nothing yet."""
    from diffusers.models.controlnets.controlnet import ControlNetModel

    control = ControlNetModel(conditioning_channels=2 * shape.channels, **_common(shape))
    control.register_module("controlnet_cond_embedding", HintBlock(2 * shape.channels, shape))
    return control


def _common(shape: LatentDenoiserShape) -> dict[str, Any]:
    """What the U-Net's way down and the ControlNet have in common."""
    return {
        "in_channels": shape.channels,
        "down_block_types": ("CrossAttnDownBlock2D",) * (len(shape.widths) - 1) + ("DownBlock2D",),
        "block_out_channels": shape.widths,
        "layers_per_block": shape.layers,
        "cross_attention_dim": shape.words,
        "attention_head_dim": shape.heads,
    }
