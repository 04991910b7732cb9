"""Foreign weights: files and folders of other projects, read and told apart by what they hold.

A checkpoint file is known by its tensors' names: Mel-QCD's (the original latent-diffusion naming),
its predictor's (Lightning), CLIP's. A folder is Auffusion's (diffusers naming, a subfolder a part),
or simply holds such files. Torch's own format is read with `weights_only`, nothing is executed.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.bundles.ldm_names import autoencoder_names, control_names, unet_names
from host_bridge.errors import CuelockError

Weights = dict[str, Tensor]
_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
#: Noise schedule kept as buffers, positions that are simply 0, 1, 2 ..., CLIP's own loss.
_OF_NO_USE = (
    "betas", "alphas_cumprod", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod",
    "posterior_", "logvar", "logit_scale", "text_projection.",
)  # fmt: skip


class Foreign(NamedTuple):
    """What was found: weights by part, under our names; configs by part; CLIP's tokenizer files."""

    weights: dict[str, Weights]
    configs: dict[str, dict[str, Any]]
    files: dict[str, Path]


class Family(NamedTuple):
    """Tensors whose names begin with prefix are a part's; names: ours by theirs, None to drop."""

    prefix: str
    part: str
    names: Callable[[Collection[str]], Mapping[str, str]] | None


def _same(names: Collection[str]) -> dict[str, str]:
    return {name: name for name in names}


def _clip_names(names: Collection[str]) -> dict[str, str]:
    """CLIP's towers without the words that are the same in all names."""
    ours: dict[str, str] = {}
    for name in names:
        if not name.endswith("position_ids"):
            ours[name] = name.removeprefix("embeddings.").removeprefix("encoder.")
    return ours


def _projection(names: Collection[str]) -> dict[str, str]:
    return {name: f"visual_projection.{name}" for name in names}


#: The first prefix that fits is a name's.
_FAMILIES = (
    Family("model.diffusion_model.", "unet", unet_names),
    Family("control_model.", "control", control_names),
    Family("first_stage_model.", "autoencoder", autoencoder_names),
    Family("cond_stage_model.transformer.text_model.", "text", _clip_names),
    Family("inversion_adapter.transformer.", "text", None),  # the text encoder a second time
    Family("inversion_adapter.inversion_adapter.", "inversion", _same),
    Family("text_model.", "text", _clip_names),
    Family("vision_model.", "image", _clip_names),
    Family("visual_projection.", "image", _projection),
    Family("model.", "predictor", _same),
)
#: Subfolders of Auffusion's layout and the part each holds.
_FOLDERS = {
    "unet": "unet",
    "vae": "autoencoder",
    "vocoder": "vocoder",
    "text_encoder": "text",
    "image_encoder": "image",
    "condition_adapter": "adapter",
}
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def read_foreign(source: Path) -> Foreign:
    """Everything that is known in a file or folder; files beside a folder's subfolders lead.

    Raises CuelockError request.path and bundle.format.
    """
    found = Foreign({}, {}, {})
    if source.is_dir():
        for folder in sorted(path for path in source.iterdir() if path.is_dir()):
            _read_folder(folder, found)
        checkpoints = sorted(path for path in source.iterdir() if path.suffix in _SUFFIXES)
        _find_tokenizer(source, found)
    elif source.is_file():
        checkpoints = [source]
    else:
        raise CuelockError(
            "request.path",
            f"There is no file or folder {source}.",
            hint="Name an Auffusion folder or a Mel-QCD checkpoint.",
        )
    for path in checkpoints:
        found.weights.update(sorted_out(read_tensors(path), path))
    return found


def read_tensors(path: Path) -> Weights:
    """Tensors of a safetensors file or a torch checkpoint, by name.

    Raises CuelockError bundle.format when it is neither, or holds more than tensors can tell.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        raise CuelockError(
            "bundle.format",
            f"{path.name} cannot be read as weights alone: {str(error).splitlines()[0]}",
            hint="Save its state dict as safetensors where it comes from, and import that.",
        ) from error
    for inner in ("state_dict", "generator"):
        held = held.get(inner, held)
    return {name: value for name, value in held.items() if isinstance(value, Tensor)}


def sorted_out(tensors: Weights, path: Path) -> dict[str, Weights]:
    """A checkpoint's tensors by part, under our names; each goes to exactly one place.

    Raises CuelockError bundle.format, naming a tensor that has no place.
    """
    theirs: dict[Family, list[str]] = {}
    for name in tensors:
        if not name.startswith(_OF_NO_USE):
            theirs.setdefault(_family_of(name, path), []).append(name)
    parts: dict[str, Weights] = {}
    for family, names in theirs.items():
        if family.names is None:
            continue
        short = {name.removeprefix(family.prefix): tensors[name] for name in names}
        try:
            ours = family.names(short.keys())
        except KeyError as error:
            raise _unknown(f"{family.prefix}{error.args[0]}", path) from error
        parts.setdefault(family.part, {}).update(
            {new: _as_matrix(new, short[old]) for old, new in ours.items()}
        )
    return parts


def _family_of(name: str, path: Path) -> Family:
    for family in _FAMILIES:
        if name.startswith(family.prefix):
            return family
    raise _unknown(name, path)


def _as_matrix(name: str, value: Tensor) -> Tensor:
    """The autoencoder's attention was written as convolutions of one pixel."""
    attends = name.startswith(("encoder.mid_block.attentions", "decoder.mid_block.attentions"))
    return value.flatten(1) if attends and value.ndim == 4 else value


def _read_folder(folder: Path, found: Foreign) -> None:
    kind = folder.name.rstrip("0123456789").rstrip("_")
    _find_tokenizer(folder, found)
    if kind not in _FOLDERS:
        return
    part = _FOLDERS[kind]
    if (folder / "config.json").is_file():
        found.configs[part] = _config(folder / "config.json")
    files = sorted(_weight_files(folder))
    if not files:
        return
    tensors = {name: value for path in files for name, value in read_tensors(path).items()}
    if part in ("text", "image"):
        found.weights.update(sorted_out(tensors, files[0]))
    elif part == "vocoder":
        found.weights[part] = without_weight_norm(tensors)
    elif part == "autoencoder":
        found.weights[part] = {
            (new := _new_attention(name)): _as_matrix(new, value) for name, value in tensors.items()
        }
    else:
        found.weights[part] = tensors


def _weight_files(folder: Path) -> Iterator[Path]:
    """A folder's weights once, though it may hold them in two formats: safetensors lead."""
    found = [path for path in folder.iterdir() if path.suffix in _SUFFIXES]
    safe = [path for path in found if path.suffix == ".safetensors"]
    yield from (path for path in safe or found if ".fp16" not in path.name or len(found) == 1)


def _config(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CuelockError(
            "bundle.format",
            f"{path.parent.name}/{path.name} is no JSON: {error}.",
            hint="Fetch the folder again from where it comes.",
        ) from error


def _find_tokenizer(folder: Path, found: Foreign) -> None:
    for part, name in (("vocabulary", "vocab.json"), ("merges", "merges.txt")):
        if (folder / name).is_file():
            found.files[part] = folder / name


def _new_attention(name: str) -> str:
    """What older diffusers called the autoencoder's projections."""
    return ".".join(_OLD_ATTENTION.get(word, word) for word in name.split("."))


def without_weight_norm(tensors: Weights) -> Weights:
    """Weights from their directions and lengths: w = g v / |v|, over all but the first axis."""
    plain: Weights = {}
    for name, value in tensors.items():
        if name.endswith("weight_v"):
            length = value.flatten(1).norm(dim=1).view(-1, *[1] * (value.ndim - 1))
            plain[name.removesuffix("_v")] = tensors[f"{name[:-1]}g"] * value / length
        elif not name.endswith("weight_g"):
            plain[name] = value
    return plain


def _unknown(name: str, path: Path) -> CuelockError:
    return CuelockError(
        "bundle.format",
        f"{path.name} holds {name!r}, which belongs to no network that cuelock knows.",
        hint="Mel-QCD checkpoints, its predictor, CLIP and Auffusion folders can be imported.",
    )
