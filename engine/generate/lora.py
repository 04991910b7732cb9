"""Low-rank adapters: what a studio's own sounds change in a U-Net, in one or two megabytes.

    W' = W + B A        A [rank, inputs], B [outputs, rank], B zero until something is learned

for every linear layer and convolution (a kernel's inputs are its channels times its places).
Source: Hu et al., "LoRA" (2021), with alpha = rank. Tensors are named as
peft names them. peft itself is not used: it cannot be imported without transformers, which adds
seconds to every start of an engine that finds it installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

RANK = 16


class LowRank(nn.Module):
    """Adds B A to a weight [outputs, ...]."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        inputs = weight[0].numel()
        self.lora_A = nn.Parameter(torch.randn(rank, inputs) / inputs**0.5)
        self.lora_B = nn.Parameter(torch.zeros(len(weight), rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.lora_B @ self.lora_A).view_as(weight)


class Adapter(nn.Module):
    """The low-rank changes of a network, to be learned while the network itself is frozen.

    Holds parameters alone; the network it was made for computes with them from then on.
    """

    def __init__(self, network: nn.Module, rank: int = RANK) -> None:
        super().__init__()
        network.requires_grad_(False)
        for name, layer in _layers(network):
            change = LowRank(layer.weight, rank)
            self.add_module(name.replace(".", "/"), change)
            parametrize.register_parametrization(layer, "weight", change)


def named(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """An adapter's state as its file names it: LAYER.lora_A.weight, LAYER.lora_B.weight."""
    return {f"{name.replace('/', '.')}.weight": value for name, value in state.items()}


@torch.no_grad()
def merge(network: nn.Module, tensors: Mapping[str, Tensor], strength: float = 1.0) -> None:
    """Add so much of an adapter's changes to a network's weights for good.

    Raises KeyError or RuntimeError when the adapter is not of this network's layers and shapes.
    """
    layers = dict(_layers(network))
    changed = {name: layers[name].weight for name in {n.rpartition(".lora_")[0] for n in tensors}}
    for name, weight in changed.items():
        A, B = tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"]
        weight += strength * (B @ A).view_as(weight)


def _layers(network: nn.Module) -> Iterator[tuple[str, nn.Linear | nn.Conv2d]]:
    """Names and modules of what is adapted, in the network's order."""
    for name, layer in list(network.named_modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d):
            yield name, layer
