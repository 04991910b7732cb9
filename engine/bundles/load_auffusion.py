"""The paper's family in memory: half precision on a GPU where there is one, else float32.

Networks are built without memory and take the weights as they are read, so that loading costs the
weights' size and no initialisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from safetensors.torch import load_file
from torch import nn

from engine.bundles.bundle import Bundle
from engine.bundles.store import AuffusionManifest
from engine.generate.clip import ClipImage, ClipText, clip_tokenizer
from engine.generate.clip_inversion import (
    BlindSight,
    ClipGuide,
    ClipInversion,
    ConditionAdapter,
)
from engine.generate.hifigan import HifiGan
from engine.generate.image_codec import MelImageCodec
from engine.generate.latent_denoiser import LatentDenoiser
from engine.generate.parts import Seeing, Solver
from engine.generate.pipeline import Guidance, MelPipeline
from engine.generate.solvers import Plms, dpm_solver
from engine.predict.predictor import Unseeing
from engine.predict.sync_v2x import SyncV2X

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_EXACT = ("vocoder", "predictor")  # small, and their rounding is heard
_SOLVERS: Mapping[str, Callable[[], Solver]] = {"dpm": dpm_solver, "plms": Plms}


def auffusion_bundle(folder: Path, read: AuffusionManifest) -> Bundle:
    """Build and fill the networks. Raises KeyError, RuntimeError, ValueError, SafetensorError."""
    networks = filled_networks(folder, read, *best_place())
    solver, guidance = _SOLVERS[read.solver](), Guidance(read.guidance, share=1.0)
    return Bundle(
        manifest=read,
        text=networks.text,
        guide=ClipGuide(networks.text, networks.inversion, networks.adapter),
        pipeline=MelPipeline(networks.denoiser, networks.codec, solver, guidance),
        vocoder=networks.vocoder,
        predictor=Unseeing(read.name, "predictor" if read.predictor is None else "synchformer"),
        backbone=_sight(read.name, networks),
    )


def filled_networks(
    folder: Path, read: AuffusionManifest, device: torch.device, half: torch.dtype
) -> Networks:
    """Networks with a bundle's weights, frozen; what is small stays in float32.

    Raises KeyError, RuntimeError, ValueError, SafetensorError.
    """
    vocabulary, merges = (folder / read.parts[part].file for part in ("vocabulary", "merges"))
    networks = empty_networks(read, clip_tokenizer(vocabulary, merges))
    for part, network in networks.parts().items():
        dtype = torch.float32 if part in _EXACT else half
        weights = load_file(folder / read.parts[part].file)
        weights = {name: value.to(device, dtype) for name, value in weights.items()}
        network.load_state_dict(weights, assign=True)
        network.eval().requires_grad_(False)
    return networks


class Networks(NamedTuple):
    """The family's networks; what a bundle has not is None."""

    denoiser: LatentDenoiser
    codec: MelImageCodec
    text: ClipText
    vocoder: HifiGan
    inversion: ClipInversion | None
    adapter: ConditionAdapter | None
    image: ClipImage | None
    predictor: SyncV2X | None

    def parts(self) -> dict[str, nn.Module]:
        """What there is, by the names of the parts it is filled from."""
        there: dict[str, nn.Module | None] = {
            "unet": self.denoiser.unet,
            "control": self.denoiser.control,
            "autoencoder": self.codec.vae,
            "text": self.text,
            "vocoder": self.vocoder,
            "inversion": self.inversion,
            "adapter": self.adapter,
            "image": self.image,
            "predictor": self.predictor,
        }
        return {part: network for part, network in there.items() if network is not None}


def empty_networks(read: AuffusionManifest, tokenizer: Tokenizer) -> Networks:
    """Networks of a bundle's shapes that hold no memory. Raises ValueError."""
    with torch.device("meta"):
        return Networks(
            denoiser=LatentDenoiser(read.denoiser, controlled="control" in read.parts),
            codec=MelImageCodec(read.mel, read.autoencoder),
            text=ClipText(read.text, tokenizer),
            vocoder=HifiGan(read.mel, read.vocoder),
            inversion=ClipInversion(read.inversion) if read.inversion else None,
            adapter=ConditionAdapter(read.text.width) if "adapter" in read.parts else None,
            image=ClipImage(read.image) if read.image else None,
            predictor=SyncV2X(read.predictor) if read.predictor else None,
        )


def best_place() -> tuple[torch.device, torch.dtype]:
    """Where networks live on this machine, and in which precision they think."""
    if torch.cuda.is_available():
        return torch.device("cuda"), torch.float16
    return torch.device("cpu"), torch.float32


def _sight(bundle: str, networks: Networks) -> Seeing:
    """CLIP's image encoder, where its vectors can become words."""
    if networks.image is None or networks.inversion is None:
        return BlindSight(bundle, "image" if networks.image is None else "inversion")
    return networks.image
