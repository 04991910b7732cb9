"""The paper's generator while it learns, from a bundle that was imported before.

U-Net, ControlNet and inversion adapter are learned alone or together; text encoder and autoencoder
stay as they were. Errors count as errors of the noise (Mel-QCD equation 9).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import torch
from torch import nn

from engine.bundles.load_auffusion import Networks, filled_networks
from engine.bundles.store import AuffusionManifest, verified
from engine.generate.clip_inversion import ClipGuide, ClipInversion
from engine.generate.latent_denoiser import LatentDenoiser, control_net
from engine.generate.parts import Guiding, Words
from engine.generate.pipeline import Guidance, MelPipeline
from engine.generate.shapes import InversionShape
from engine.generate.solvers import dpm_solver, kept_shares
from engine.train.families import Example, Schedule, Stage
from engine.train.looks import looks
from engine.train.loop import device
from engine.train.sounds import SoundLibrary
from host_bridge.errors import CuelockError

_SILENT, _SEEN = 0.1, 0.5  # shares of rows that have no words; that see the picture


def noise_schedule() -> Schedule:
    """Of networks that predict the noise: an error of clean latents is that of noise, scaled."""
    kept = kept_shares()
    return Schedule(kept, kept / (1 - kept))


class PaperLearning:
    """engine.train.families.Learning; what the base lacks of the stages begins anew.

    A ControlNet begins as the U-Net's own way down. The inversion adapter learns from recordings
    with picture alone. Raises CuelockError bundle.*, and media.no_video for recordings without.
    """

    def __init__(
        self, base: str, stages: Collection[Stage], library: SoundLibrary, cache: Path
    ) -> None:
        read, networks = based_on(base)
        self.codec, self.denoiser = networks.codec, networks.denoiser
        self.schedule = noise_schedule()
        self._text, self._adapter = networks.text, networks.adapter
        self._guidance = Guidance(read.guidance, share=1.0)
        self._inversion = networks.inversion
        self._looks = None
        if "control" in stages and self.denoiser.control is None:
            _begin_control(self.denoiser, read)
        elif set(stages) == {"unet"}:
            self.denoiser.steer(None)
        if "inversion" in stages:
            if networks.image is None:
                raise CuelockError(
                    "bundle.unknown_part",
                    f"The bundle {base!r} cannot see: it has no part 'image'.",
                    hint="Import CLIP's image encoder into it, or leave `inversion` out.",
                )
            if self._inversion is None:
                self._inversion = ClipInversion(InversionShape(width=read.text.width)).to(device())
            self._looks = looks(library, networks.image, read.parts["image"].sha256, cache)
        parts: dict[str, nn.Module | None] = {
            "unet": self.denoiser.unet,
            "control": self.denoiser.control,
            "inversion": self._inversion,
        }
        learning = {stage: part for stage in stages if (part := parts[stage]) is not None}
        self.learned = nn.ModuleDict(learning).requires_grad_(True).train()

    def words(self, example: Example, generator: torch.Generator) -> Words:
        """One row in ten is told nothing; half of the others have pseudo-words, too."""
        on = generator.device
        chance = torch.rand(2, len(example.captions), generator=generator, device=on)
        silent, seen = chance[0] < _SILENT, chance[1] < _SEEN
        captions = [
            "" if nothing else caption
            for caption, nothing in zip(example.captions, silent.tolist(), strict=True)
        ]
        tokens, pooled = self._text.encode(captions)
        if self._inversion is not None and self._looks is not None:
            pseudo = self._inversion(self._looks[example.numbers].to(on))
            told = self._text.encode(captions, pseudo).tokens
            tokens = torch.where((seen & ~silent)[:, None, None], told, tokens)
        return Words(tokens if self._adapter is None else self._adapter(tokens), pooled)

    def maker(self) -> tuple[MelPipeline, Guiding]:
        pipeline = MelPipeline(self.denoiser, self.codec, dpm_solver(), self._guidance)
        return pipeline, ClipGuide(self._text, self._inversion, self._adapter)


def based_on(base: str) -> tuple[AuffusionManifest, Networks]:
    """A bundle's manifest, and its networks where training takes place, in float32.

    Raises CuelockError bundle.*.
    """
    folder, read = verified(base)
    if not isinstance(read, AuffusionManifest):
        raise CuelockError(
            "bundle.format",
            f"The bundle {base!r} is not of the paper's family.",
            hint="Name one that was imported: cuelock models import FOLDER.",
        )
    return read, filled_networks(folder, read, device(), torch.float32)


def _begin_control(denoiser: LatentDenoiser, read: AuffusionManifest) -> None:
    with torch.device(device()):
        control = control_net(read.denoiser)
    held = control.state_dict()
    shared = {name: value for name, value in denoiser.unet.state_dict().items() if name in held}
    control.load_state_dict(held | shared)
    denoiser.steer(control)
