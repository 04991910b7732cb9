"""CLIP's text and image encoders, lean: what the paper's text conditioning and inversion need.

Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision"
(2021): pre-norm transformers, heads of 64, the quick GELU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generate.parts import EncodedText
from engine.generate.shapes import ClipImageShape, ClipTextShape

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HEAD = 64  # width of an attention head, in every CLIP
#: Channel means and deviations of the pictures CLIP learned from (red, green, blue).
_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Attention(nn.Module):
    """Self-attention [B, L, width], to what stands before alone where causal."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        q, k, v = (
            project(x).unflatten(-1, (-1, HEAD)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        heard = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(heard.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Four times as wide in between; quick GELU: x sigmoid(1.702 x)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        h = self.fc1(x)
        return self.fc2(h * torch.sigmoid(1.702 * h))


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attn, self.mlp = Attention(width), Mlp(width)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class ClipText(nn.Module):
    """Sentences -> EncodedText: the last hidden state of every place; pooled is the end's.

    Pseudo-words stand behind the prompt: as many places as there are, in the input embeddings.
    """

    def __init__(self, shape: ClipTextShape, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.shape = shape
        self.tokenizer = tokenizer
        numbers = tokenizer.get_vocab()
        self.begin, self.end = numbers["<|startoftext|>"], numbers["<|endoftext|>"]
        self.token_embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.position_embedding = nn.Embedding(shape.places, shape.width)
        self.layers = nn.ModuleList(Layer(shape.width) for _ in range(shape.layers))
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def numbers(self, text: str, pseudo_words: int = 0) -> tuple[list[int], int]:
        """Token numbers [places] of a prompt and where its pseudo-words begin.

        The words are cut so that every pseudo-word has its place; the rest is filled with the end.
        """
        spoken = self.tokenizer.encode(f"{text}," if pseudo_words else text).ids
        spoken = [self.begin, *spoken[: self.shape.places - 2 - pseudo_words]]
        filling = [self.end] * (self.shape.places - len(spoken) - pseudo_words)
        return spoken + [self.end] * pseudo_words + filling, len(spoken)

    def forward(self, numbers: Tensor, pseudo: Tensor, at: Sequence[int]) -> EncodedText:
        """numbers int64 [B, places]; pseudo [B, n, width] stand from the places `at` on."""
        x = self.token_embedding(numbers)
        ends: list[int] = []
        for row, start in enumerate(at):
            stop = start + pseudo.shape[1]
            x[row, start:stop] = pseudo[row].to(x.dtype)
            ends.append(stop)
        x = x + self.position_embedding.weight
        for layer in self.layers:
            x = layer(x, True)
        x = self.final_layer_norm(x).float()
        return EncodedText(x, x[torch.arange(len(x)), ends])

    def encode(self, texts: Sequence[str], pseudo: Tensor | None = None) -> EncodedText:
        """Sentences, each with pseudo-words [B, n, width] behind it where they are given."""
        weight = self.token_embedding.weight
        if pseudo is None:
            pseudo = weight.new_empty(len(texts), 0, self.shape.width)
        rows = [self.numbers(text, pseudo.shape[1]) for text in texts]
        numbers = torch.tensor([numbers for numbers, _ in rows], device=weight.device)
        return self(numbers, pseudo, [start for _, start in rows])


class ClipImage(nn.Module):
    """forward(rgb uint8 [B, side, side, 3]) -> projected image vectors [B, point]."""

    def __init__(self, shape: ClipImageShape) -> None:
        super().__init__()
        self.features = shape.point
        patches = (shape.side // shape.patch) ** 2
        self.class_embedding = nn.Parameter(torch.zeros(shape.width))
        self.patch_embedding = nn.Conv2d(3, shape.width, shape.patch, shape.patch, bias=False)
        self.position_embedding = nn.Embedding(patches + 1, shape.width)
        self.pre_layrnorm = nn.LayerNorm(shape.width)
        self.layers = nn.ModuleList(Layer(shape.width) for _ in range(shape.layers))
        self.post_layernorm = nn.LayerNorm(shape.width)
        self.visual_projection = nn.Linear(shape.width, shape.point, bias=False)

    def forward(self, rgb: Tensor) -> Tensor:
        weight = self.patch_embedding.weight
        mean, deviation = torch.tensor(_MEAN), torch.tensor(_DEVIATION)
        picture = ((rgb.float() / 255 - mean) / deviation).permute(0, 3, 1, 2)
        patches = self.patch_embedding(picture.to(weight)).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(rgb), 1, -1)
        x = torch.cat([first, patches], dim=1) + self.position_embedding.weight
        x = self.pre_layrnorm(x)
        for layer in self.layers:
            x = layer(x)
        return self.visual_projection(self.post_layernorm(x[:, 0])).float().cpu()

    def point(self, appearance: Tensor) -> Tensor:
        """Mean image vector [1, point] of a range [pictures, point]: the adapter's input."""
        return appearance.mean(dim=0, keepdim=True)


def clip_tokenizer(vocabulary: Path, merges: Path) -> Tokenizer:
    """CLIP's byte-pair tokenizer from its vocab.json and merges.txt.

    Raises ValueError when these are no such files.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    try:
        words, pairs = models.BPE.read_file(str(vocabulary), str(merges))
    except Exception as error:  # the library has no error of its own
        raise ValueError(f"no tokenizer: {error}") from error
    tokenizer = Tokenizer(
        models.BPE(words, pairs, unk_token="<|endoftext|>", end_of_word_suffix="</w>")
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words_and_signs = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words_and_signs, "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    for special in ("<|startoftext|>", "<|endoftext|>"):
        if tokenizer.token_to_id(special) is None:
            raise ValueError(f"no tokenizer: {special} is missing")
    return tokenizer
