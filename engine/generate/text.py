"""Text encoder: a layer's words as tokens for cross-attention and one pooled sentence vector.

A small transformer of our own, distilled from a sentence encoder (engine.train.text), so that
unseen words land near seen ones. WordPiece tokens by the `tokenizers` library.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.generate.parts import EncodedText

TEXT_WIDTH = 128
TEXT_TOKENS = 24


class TextEncoder(nn.Module):
    """Sentences -> EncodedText of TEXT_TOKENS tokens, zero where padded.

    The empty sentence gives all zeros: "no words".
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__()
        from tokenizers import BertWordPieceTokenizer

        self.vocabulary = list(vocabulary)
        self.tokenizer = BertWordPieceTokenizer(
            vocab={word: number for number, word in enumerate(self.vocabulary)}, lowercase=True
        )
        self.words = nn.Embedding(len(self.vocabulary), TEXT_WIDTH)
        self.places = nn.Parameter(torch.zeros(TEXT_TOKENS, TEXT_WIDTH))
        layer = nn.TransformerEncoderLayer(
            TEXT_WIDTH,
            4,
            4 * TEXT_WIDTH,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.pool = nn.Linear(TEXT_WIDTH, TEXT_WIDTH)

    def numbers(self, texts: Sequence[str]) -> Tensor:
        """Token numbers int64 [B, TEXT_TOKENS], 0 where padded; longer texts are cut."""
        rows = [
            self.tokenizer.encode(text, add_special_tokens=False).ids[:TEXT_TOKENS]
            for text in texts
        ]
        return torch.tensor([row + [0] * (TEXT_TOKENS - len(row)) for row in rows])

    def forward(self, numbers: Tensor) -> EncodedText:
        """numbers int64 [B, TEXT_TOKENS] -> EncodedText."""
        used = numbers > 0
        empty = ~used.any(dim=1, keepdim=True)
        # An empty row attends to its own padding, so that no softmax is over nothing.
        h = self.layers(self.words(numbers) + self.places, src_key_padding_mask=~(used | empty))
        tokens = h * used.unsqueeze(-1)
        mean = tokens.sum(dim=1) / used.sum(dim=1, keepdim=True).clamp(min=1)
        pooled = nn.functional.normalize(self.pool(mean), dim=-1) * TEXT_WIDTH**0.5
        return EncodedText(tokens, pooled * ~empty)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> EncodedText:
        """Sentences -> EncodedText, without gradients."""
        return self(self.numbers(texts).to(self.words.weight.device))
