"""A studio's own flavour: low-rank changes of a bundle's U-Net, learned from a few recordings.

Half of every batch are the studio's sounds under their own captions. The other half are the same
noisy sounds under foreign words, or under none, and there the frozen base is the teacher: what
other words call for, and what guidance leaves, stays as it was (Li and Hoiem, "Learning without
Forgetting", 2016). The recordings themselves are a stock that generation begins with where it
knows the words best.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import tomli_w
import torch
from torch import Tensor

from engine.bundles.load import load_bundle
from engine.bundles.store import FORMAT, Adaptation, Part, folders, manifest, sha256, whole
from engine.bundles.weights import save_int8
from engine.generate.codec import MelPatchCodec
from engine.generate.lora import Adapter, named
from engine.generate.networks import Denoiser
from engine.generate.parts import EncodedText, Words
from engine.generate.stock import Recorded, save_stock
from engine.generate.text import TextEncoder
from engine.melqcd.mel import log_mel
from engine.melqcd.spec import SMALL
from engine.train.augment import Augmentation, Augmenter
from engine.train.data import Record
from engine.train.families import Example, clean_schedule, conditioning
from engine.train.generator import batches, heeded, noised
from engine.train.loop import LoopConfig, device, half_where_it_pays, run
from engine.train.sounds import SoundLibrary
from engine.train.text import ACTIONS, PLACES, SUBJECTS
from host_bridge.errors import CuelockError
from host_bridge.home import home

FRAMES = 160  # mel frames of a training window: 1.6 s
ROWS = 4  # the studio's rows of a batch; as many foreign ones are added
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class AdaptConfig(msgspec.Struct, frozen=True, kw_only=True):
    """sounds: a folder or manifest; base: the bundle that learns; name: what the result is called.

    licence: of the sounds, where their list does not say; steps: length of the run; strength: how
    much of what was learned the bundle puts in.
    """

    sounds: Path
    name: str
    base: str
    licence: str
    steps: int
    strength: float


class _Batch(NamedTuple):
    """The studio's example, and as many foreign phrases."""

    own: Example
    foreign: list[str]


def adapt(config: AdaptConfig) -> Path:
    """Learn, and write the adapter as a bundle; safe to stop and call again with the same config.

    Returns the bundle's folder. Raises CuelockError request.path when there are no recordings,
    request.option when the name is no name or is taken, and what load_bundle raises of the base.
    """
    _check_name(config)
    library = SoundLibrary(config.sounds, "train", home() / "cache")
    base, on = load_bundle(config.base), device()
    text, codec, teacher = copy.deepcopy((base.text, base.pipeline.codec, base.pipeline.denoiser))
    if not isinstance(teacher, Denoiser):
        raise CuelockError(
            "bundle.format",
            f"The bundle {config.base!r} is of a family that adapters are not made for.",
            hint="Name a bundle of the small family with --base.",
        )
    assert isinstance(text, TextEncoder)
    assert isinstance(codec, MelPatchCodec)
    text, codec, teacher = text.to(on), codec.to(on), teacher.to(on)
    denoiser = copy.deepcopy(teacher)
    torch.manual_seed(0)
    adapter, schedule = Adapter(denoiser.unet), clean_schedule()

    def objective(batch: _Batch, generator: torch.Generator) -> dict[str, Tensor]:
        rows = noised(batch.own.sound, codec, schedule, generator)
        own = _own_words(text.encode(batch.own.captions), denoiser, generator)
        foreign = conditioning(batch.foreign, text, denoiser, generator)
        scales = heeded(len(rows.clean), denoiser.residuals, generator)
        seen = (rows.noisy, rows.step)
        with half_where_it_pays(generator.device):
            with torch.no_grad():
                kept = teacher(*seen, foreign, rows.hint, scales).float()
            made = denoiser(
                *(part.repeat(2, *[1] * (part.ndim - 1)) for part in seen),
                Words(*(torch.cat(pair) for pair in zip(own, foreign, strict=True))),
                rows.hint.repeat(2, 1, 1, 1),
                scales.repeat(1, 2, 1, 1, 1),
            ).float()
        wanted = torch.cat([rows.clean, kept])
        error = (made - wanted).square().mean(dim=(1, 2, 3)) * rows.weight.repeat(2)
        learned, forgotten = (part.mean() for part in error.chunk(2))
        return {"loss": learned + forgotten, "learned": learned, "forgotten": forgotten}

    as_recorded = Augmenter(Augmentation())

    def data(rng: np.random.Generator) -> Iterator[_Batch]:
        for example in batches(library, as_recorded, FRAMES, ROWS, rng):
            yield _Batch(example, [_phrase(rng) for _ in example.captions])

    run(adapter, objective, data, _loop(config, library.records))
    return _written(config, library, adapter)


def _own_words(encoded: EncodedText, denoiser: Denoiser, generator: torch.Generator) -> Words:
    """The studio's captions, always spoken, half the time seen in the picture as well."""
    chance = torch.rand(len(encoded.pooled), 1, generator=generator, device=generator.device)
    pseudo = denoiser.inversion(encoded.pooled * (chance < 0.5))
    return Words(torch.cat([encoded.tokens, pseudo], dim=1), encoded.pooled)


def _phrase(rng: np.random.Generator) -> str:
    """What some other layer might be called."""
    subject, action, place = (str(rng.choice(words)) for words in (SUBJECTS, ACTIONS, PLACES))
    return f"{subject} {action} {place}".strip()


def _loop(config: AdaptConfig, learned: Sequence[Record]) -> LoopConfig:
    """The run's numbers; its folder is of these very sounds, this base and this length."""
    about = (config.base, whole(config.base).parts["generator"].sha256, config.steps, *learned)
    stamp = hashlib.sha256(repr(about).encode()).hexdigest()[:8]
    return LoopConfig(
        folder=str(home() / "training" / f"{config.name}-{stamp}"),
        steps=config.steps,
        batch=ROWS,
        learning_rate=1e-3,
        warmup=50,
        weight_decay=0.0,
        ema_half_life=50,
        save_every=50,
    )


def _written(config: AdaptConfig, library: SoundLibrary, adapter: Adapter) -> Path:
    """The bundle, its manifest last."""
    learned = library.records
    folder = home() / "bundles" / config.name
    folder.mkdir(parents=True, exist_ok=True)
    learned_file = folder / "adapter.safetensors"
    save_int8(named(adapter.state_dict()), learned_file)
    licences = sorted({record.licence or config.licence for record in learned})
    base = whole(config.base)
    kinds = sorted({record.kind for record in learned})
    stock = folder / "stock.npz"
    sounds = (library[number] for number in range(len(library)))
    recorded = (Recorded(log_mel(torch.from_numpy(s.samples), SMALL), s.caption) for s in sounds)
    save_stock(recorded, MelPatchCodec(SMALL), stock)
    parts = {
        file.stem: Part(
            file=file.name,
            dtype="int8",
            sha256=sha256(file),
            licence=" AND ".join(licences),
            data=f"{len(learned)} recordings: {', '.join(kinds)}",
        )
        for file in (learned_file, stock)
    }
    made = Adaptation(
        name=config.name,
        format=FORMAT,
        licence=" AND ".join(sorted({base.licence, *licences})),
        base=config.base,
        base_sha256=base.parts["generator"].sha256,
        strength=config.strength,
        parts=parts,
    )
    beside = folder / "bundle.toml.part"
    beside.write_text(tomli_w.dumps(msgspec.to_builtins(made)))
    beside.replace(folder / "bundle.toml")
    return folder


def _check_name(config: AdaptConfig) -> None:
    if not _NAME.fullmatch(config.name):
        raise CuelockError(
            "request.option",
            f"{config.name!r} cannot be the name of a bundle.",
            hint="Use small letters, digits, dots and dashes.",
        )
    if config.name in folders() and not isinstance(manifest(config.name)[1], Adaptation):
        raise CuelockError(
            "request.option",
            f"There is a bundle named {config.name!r} that is no adapter.",
            hint="Choose another name with --name.",
        )
