"""A stock is read back as it was recorded, and sketches follow curves and words."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from engine.generate.codec import PATCH_FRAMES, MelPatchCodec
from engine.generate.networks import Denoiser, scheduler
from engine.generate.pipeline import Guide, MelPipeline
from engine.generate.shapes import DenoiserShape
from engine.generate.stock import (
    JUMP,
    STEP,
    Recorded,
    Stock,
    StockSketch,
    StockSketching,
    cheapest,
    load_stock,
    save_stock,
)
from engine.generate.text import TextEncoder
from engine.melqcd.curves import GrowingCurves, curves_of_mel
from engine.melqcd.decompose import to_windows
from engine.melqcd.spec import SMALL

FRAMES = 80
CODEC = MelPatchCodec(SMALL)


@pytest.fixture(scope="module")
def text() -> TextEncoder:
    torch.manual_seed(1)
    return TextEncoder(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "rain", "bark", "falls"])


def recording(seed: int, frames: int = FRAMES) -> Tensor:
    """A log-mel [bands, frames] whose windows differ and move slowly, sinking from -4 nats."""
    draw = torch.Generator().manual_seed(seed)
    windows = torch.randn(SMALL.windows, frames // 8 + 1, generator=draw)
    shape = windows.repeat_interleave(8, dim=1)[:, :frames]
    texture = 0.5 * torch.randn(SMALL.bands, frames, generator=draw)
    mel = shape.repeat_interleave(SMALL.bands_per_window, dim=0) + texture
    return mel - to_windows(mel, SMALL).mean(dim=0) - 4 - torch.linspace(0, 2, frames)


@pytest.fixture
def stock(text: TextEncoder, tmp_path: Path) -> Stock:
    """A dog, then rain of another shape, then a dog in the rain's shape."""
    recordings = [(1, "dog"), (2, "rain"), (2, "dog")]
    file = tmp_path / "stock.npz"
    save_stock((Recorded(recording(seed), caption) for seed, caption in recordings), CODEC, file)
    return load_stock(file, text)


def test_what_is_kept_is_the_recording_but_for_a_step_of_its_coefficients(stock: Stock) -> None:
    assert np.bincount(stock.owner).tolist() == [FRAMES // PATCH_FRAMES] * 3
    mel = recording(1)
    kept = torch.from_numpy(stock.patches[..., stock.owner == 0]).float()
    off = STEP * kept - CODEC.encode_mel(mel[None])[0]
    assert off.abs().max() <= 0.65 * STEP + 1e-4
    energy = to_windows(mel, SMALL).mean(dim=0)
    levels = stock.levels[stock.owner == 0].ravel()
    np.testing.assert_allclose(levels, energy - energy.max(), atol=4e-3)


def test_what_is_too_quiet_or_too_short_is_not_kept(text: TextEncoder, tmp_path: Path) -> None:
    mel = recording(1)
    mel[:, 40:] -= 8
    short = recording(2, frames=8)[:, : PATCH_FRAMES - 1]
    save_stock([Recorded(mel, "dog"), Recorded(short, "rain")], CODEC, tmp_path / "stock.npz")
    stock = load_stock(tmp_path / "stock.npz", text)
    assert len(stock.owner) == 40 // PATCH_FRAMES
    assert len(stock.sentences) == 1


def test_a_file_that_is_no_stock_is_refused(text: TextEncoder, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", patches=np.zeros(3), captions=np.array(["dog"]))
    with pytest.raises(ValueError, match=r"no stock: it lacks lengths, levels, step"):
        load_stock(tmp_path / "other.npz", text)


def test_along_its_own_curves_a_recording_is_laid_as_it_was(stock: Stock) -> None:
    sketch = StockSketch(stock, CODEC, np.zeros(3), 0)
    made = sketch.over(curves_of_mel(recording(1), SMALL))
    kept = torch.from_numpy(stock.patches[..., stock.owner == 0])
    torch.testing.assert_close(made[0], STEP * kept)


@pytest.mark.parametrize(
    ("leave", "make", "of"), [("", "rain", 1), ("", "dog", 2), ("dog", "dog rain", 1)]
)
def test_words_say_which_of_two_alike_is_laid(
    stock: Stock, text: TextEncoder, leave: str, make: str, of: int
) -> None:
    sketch = StockSketching([stock], CODEC)(text.encode([leave, make]).pooled, 0)
    assert sketch is not None
    curves = curves_of_mel(recording(2), SMALL)
    assert set(stock.owner[sketch.chosen(curves)].tolist()) == {of}


def test_words_that_the_stock_does_not_know_begin_with_noise(stock: Stock) -> None:
    known, foreign = stock.sentences[0], np.linalg.svd(stock.sentences)[2][-1]
    sketching = StockSketching([stock], CODEC)
    for make, there in ((known, True), (foreign, False), (0 * known, False)):
        sentence = torch.from_numpy(np.stack([0 * known, make]))
        assert (sketching(sentence, 0) is not None) == there
    assert StockSketching([], CODEC)(torch.from_numpy(np.stack([0 * known, known])), 0) is None


def test_the_stock_that_knows_the_words_best_is_asked_and_the_first_of_equals(
    stock: Stock, text: TextEncoder, tmp_path: Path
) -> None:
    save_stock([Recorded(recording(3), "dog")], CODEC, tmp_path / "own.npz")
    own = load_stock(tmp_path / "own.npz", text)
    sketching = StockSketching([own, stock], CODEC)
    curves = curves_of_mel(recording(2), SMALL)
    for words, asked in (("dog", own), ("rain", stock)):
        sketch = sketching(text.encode(["", words]).pooled, 0)
        assert sketch is not None
        alone = StockSketching([asked], CODEC)(text.encode(["", words]).pooled, 0)
        assert alone is not None
        torch.testing.assert_close(sketch.over(curves), alone.over(curves))


def test_a_seed_has_a_taste_and_keeps_it(stock: Stock) -> None:
    curves = curves_of_mel(recording(2), SMALL)
    taken = set()
    for seed in range(12):
        sketches = [StockSketch(stock, CODEC, np.zeros(3), seed) for _ in range(2)]
        first, again = (sketch.chosen(curves).tolist() for sketch in sketches)
        assert first == again
        taken |= set(stock.owner[first].tolist())
    assert taken == {1, 2}


def test_windows_go_on_where_the_last_one_ended(stock: Stock) -> None:
    curves = curves_of_mel(recording(1), SMALL)
    whole = StockSketch(stock, CODEC, np.zeros(3), 3).over(curves)
    sketch = StockSketch(stock, CODEC, np.zeros(3), 3)
    parts = [sketch.over(curves.slice(*ends)) for ends in ((0, 36), (36, FRAMES))]
    torch.testing.assert_close(torch.cat(parts, dim=-1), whole)


@given(arrays(np.float32, (4, 5), elements=st.floats(0, 20, width=16)), st.sets(st.integers(1, 4)))
def test_no_other_way_is_cheaper(costs: np.ndarray, begins: set[int]) -> None:
    first = np.array([column in begins | {0} for column in range(5)])

    def spent(path: tuple[int, ...] | list[int]) -> float:
        jumps = sum(b != a + 1 or first[b] for a, b in pairwise(path))
        return float(costs[np.arange(4), list(path)].sum()) + JUMP * jumps

    best = min(map(spent, product(range(5), repeat=4)))
    assert spent(cheapest(costs, first)) == pytest.approx(best, abs=1e-3)


def test_a_pipeline_that_begins_with_a_sketch_runs_a_quarter_of_the_steps(
    stock: Stock, text: TextEncoder
) -> None:
    torch.manual_seed(0)
    denoiser = Denoiser(DenoiserShape(widths=(32, 64))).eval()
    asked = []
    denoiser.register_forward_hook(lambda _net, given, _made: asked.append(int(given[1][0])))
    pipeline = MelPipeline(denoiser, CODEC, scheduler(), sketching=StockSketching([stock], CODEC))
    curves = curves_of_mel(recording(1, frames=1200), SMALL)
    words = Guide(text, denoiser.inversion)("dog", "", None)
    pieces = pipeline.mels(
        GrowingCurves([curves], len(curves), SMALL), words, strictness=1.0, steps=8, seed=0
    )
    made = torch.cat(list(pieces), dim=1)
    assert asked == [249, 124] * 2
    energy = to_windows(made, SMALL).mean(dim=0)
    torch.testing.assert_close(energy, torch.from_numpy(curves.energy), atol=1e-3, rtol=0)
