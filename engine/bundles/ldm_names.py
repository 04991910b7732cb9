"""Names of the original latent-diffusion code, as diffusers' networks and ours call them.

Stable Diffusion checkpoints number their blocks in one row; diffusers sorts them by level. Which
block is what shows in the names it holds, so the maps hold for every width and depth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

_RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
_UNET_ENDS = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "middle_block.0": "mid_block.resnets.0",
    "middle_block.1": "mid_block.attentions.0",
    "middle_block.2": "mid_block.resnets.1",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
_VAE_MIDDLE = {
    "mid.block_1": "mid_block.resnets.0",
    "mid.block_2": "mid_block.resnets.1",
    "mid.attn_1.norm": "mid_block.attentions.0.group_norm",
    "mid.attn_1.q": "mid_block.attentions.0.to_q",
    "mid.attn_1.k": "mid_block.attentions.0.to_k",
    "mid.attn_1.v": "mid_block.attentions.0.to_v",
    "mid.attn_1.proj_out": "mid_block.attentions.0.to_out.0",
    "conv_in": "conv_in",
    "norm_out": "conv_norm_out",
    "conv_out": "conv_out",
}


def unet_names(names: Collection[str]) -> dict[str, str]:
    """Ours by theirs, for every name of a U-Net. Raises KeyError for a name that has no place."""
    return _renamed(names, _UNET_ENDS | _going_down(names) | _going_up(names))


def control_names(names: Collection[str]) -> dict[str, str]:
    """Ours by theirs, for every name of a ControlNet. Raises KeyError, as unet_names."""
    places = _UNET_ENDS | _going_down(names) | {"middle_block_out.0": "controlnet_mid_block"}
    for number in _numbers(names, "zero_convs.{}.0.weight"):
        places[f"zero_convs.{number}.0"] = f"controlnet_down_blocks.{number}"
    for number in _numbers(names, "input_hint_block.{}.weight", step=2):
        places[f"input_hint_block.{number}"] = f"controlnet_cond_embedding.convs.{number // 2}"
    return _renamed(names, places)


def autoencoder_names(names: Collection[str]) -> dict[str, str]:
    """Ours by theirs, for every name of a KL autoencoder. Raises KeyError, as unet_names."""
    places = {"quant_conv": "quant_conv", "post_quant_conv": "post_quant_conv"}
    for half in ("encoder", "decoder"):
        places |= {f"{half}.{old}": f"{half}.{new}" for old, new in _VAE_MIDDLE.items()}
    levels = len(list(_numbers(names, "encoder.down.{}.block.0.conv1.weight")))
    for level in range(levels):
        down, up = f"encoder.down_blocks.{level}", f"decoder.up_blocks.{levels - 1 - level}"
        places[f"encoder.down.{level}.downsample.conv"] = f"{down}.downsamplers.0.conv"
        places[f"decoder.up.{level}.upsample.conv"] = f"{up}.upsamplers.0.conv"
        for old, new in ((f"encoder.down.{level}", down), (f"decoder.up.{level}", up)):
            for number in _numbers(names, f"{old}.block.{{}}.conv1.weight"):
                places[f"{old}.block.{number}"] = f"{new}.resnets.{number}"
                shortcut = f"{old}.block.{number}.nin_shortcut"
                places[shortcut] = f"{new}.resnets.{number}.conv_shortcut"
    return _renamed(names, places)


def _numbers(names: Collection[str], pattern: str, step: int = 1) -> list[int]:
    """0, step, ... as long as the pattern, filled in, is a name."""
    found: list[int] = []
    for number in count(0, step):
        if pattern.format(number) not in names:
            return found
        found.append(number)
    return found


def _going_down(names: Collection[str]) -> dict[str, str]:
    places: dict[str, str] = {}
    number = level = block = 0
    while True:
        number += 1
        old, new = f"input_blocks.{number}", f"down_blocks.{level}"
        if f"{old}.0.op.weight" in names:
            places[f"{old}.0.op"] = f"{new}.downsamplers.0.conv"
            level, block = level + 1, 0
        elif f"{old}.0.in_layers.0.weight" in names:
            places[f"{old}.0"] = f"{new}.resnets.{block}"
            places[f"{old}.1"] = f"{new}.attentions.{block}"
            block += 1
        else:
            return places


def _going_up(names: Collection[str]) -> dict[str, str]:
    places: dict[str, str] = {}
    level = block = 0
    for number in _numbers(names, "output_blocks.{}.0.in_layers.0.weight"):
        old, new = f"output_blocks.{number}", f"up_blocks.{level}"
        places[f"{old}.0"] = f"{new}.resnets.{block}"
        places[f"{old}.1"] = f"{new}.attentions.{block}"
        block += 1
        # What makes a level larger stands behind its last block, after the attention if any.
        for place in (1, 2):
            if f"{old}.{place}.conv.weight" in names:
                places[f"{old}.{place}.conv"] = f"{new}.upsamplers.0.conv"
                level, block = level + 1, 0
    return places


def _renamed(names: Collection[str], places: Mapping[str, str]) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for name in names:
        parts = name.split(".")
        heads = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
        head = next((head for head in heads if head in places), None)
        if head is None:
            raise KeyError(name)
        new, rest = places[head], name[len(head) + 1 :]
        if ".resnets." in new:
            leaf, _, kind = rest.rpartition(".")
            rest = f"{_RESNET.get(leaf, leaf)}.{kind}".removeprefix(".")
        renamed[name] = f"{new}.{rest}"
    return renamed
