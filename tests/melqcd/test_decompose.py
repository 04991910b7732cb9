"""Mel-QCD's identities, against numpy written from the paper's formulae."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.melqcd.decompose import (
    CODES,
    FLAT_CODE,
    compose,
    decompose,
    dequantise_semantic,
    following,
    from_windows,
    quantise_semantic,
    to_windows,
)
from engine.melqcd.spec import SMALL

columns = arrays(np.float64, (8, 5), elements=st.floats(-12, 4, allow_nan=False))


@given(columns)
def test_recomposition_from_unquantised_semantics_is_exact(windows: np.ndarray) -> None:
    M = torch.from_numpy(windows)
    torch.testing.assert_close(compose(*decompose(M)), M, rtol=0, atol=1e-9)


@given(columns)
def test_semantic_columns_have_zero_mean_and_unit_mean_square(windows: np.ndarray) -> None:
    _, D, S = decompose(torch.from_numpy(windows))
    assert torch.allclose(S.mean(0), torch.zeros(5, dtype=S.dtype), atol=1e-5)
    alive = D > 1e-6
    assert torch.allclose(S.square().mean(0)[alive], torch.ones(1, dtype=S.dtype), atol=1e-5)


@given(arrays(np.uint8, (7, 2), elements=st.integers(0, CODES - 1)))
def test_every_code_pair_survives_the_round_trip(codes: np.ndarray) -> None:
    Q = dequantise_semantic(torch.from_numpy(codes))
    assert (quantise_semantic(Q).numpy() == codes).all()


@given(arrays(np.int64, (8, 3), elements=st.integers(-1, 1)))
def test_codes_follow_the_papers_table(Q: np.ndarray) -> None:
    codes = quantise_semantic(torch.from_numpy(Q).float()).numpy()
    top_first = Q[::-1]
    for half in (0, 1):
        digits = top_first[4 * half : 4 * half + 4] + 1
        assert (codes[:, half] == sum(digits[i] * 3**i for i in range(4))).all()


@given(columns)
def test_the_flat_code_pair_belongs_to_flat_columns_alone(windows: np.ndarray) -> None:
    _, D, S = decompose(torch.from_numpy(windows))
    flat = (quantise_semantic(S) == FLAT_CODE).all(-1)
    assert (flat == (D == 0)).all()


def test_rounding_is_half_to_even_as_numpy_does_it() -> None:
    S = torch.tensor([0.5, -0.5, 0.500001, -0.500001, 1.5, 2.5, 0.0, -3.0])[:, None]
    expected = np.clip(np.around(S.numpy()), -1, 1)
    assert (dequantise_semantic(quantise_semantic(S)).numpy() == expected).all()


def test_energy_and_spread_are_mean_and_population_deviation_over_windows() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(8, 40))
    E, D, _ = decompose(torch.from_numpy(windows))
    np.testing.assert_allclose(E, windows.mean(0))
    np.testing.assert_allclose(D, windows.std(0, ddof=0))


def test_windows_average_bands_and_repeat_back() -> None:
    mel = torch.randn(SMALL.bands, 11)
    windows = to_windows(mel, SMALL)
    assert windows.shape == (8, 11)
    torch.testing.assert_close(windows[3], mel[48:64].mean(0))
    torch.testing.assert_close(to_windows(from_windows(windows, SMALL), SMALL), windows)


def test_a_shape_that_says_its_codes_already_stays_as_it_is() -> None:
    windows = torch.randn(SMALL.windows, 200, generator=torch.Generator().manual_seed(0))
    shape = decompose(windows).semantic
    Q = dequantise_semantic(quantise_semantic(shape))
    torch.testing.assert_close(following(shape, Q), shape, atol=1e-5, rtol=1e-5)


def test_any_shape_comes_to_say_what_is_sure_and_stays_a_shape() -> None:
    draw = torch.Generator().manual_seed(1)
    wanted, other = torch.randn(2, SMALL.windows, 400, generator=draw)
    Q = dequantise_semantic(quantise_semantic(decompose(wanted).semantic))
    brought = following(other, Q)
    torch.testing.assert_close(brought.mean(dim=0), torch.zeros(400), atol=1e-5, rtol=0)
    torch.testing.assert_close(brought.square().mean(dim=0), torch.ones(400))
    sure = Q != 0
    assert (brought * Q)[sure].min() > 0.25
    assert (brought * Q >= 0.45)[sure].float().mean() > 0.95
    assert (other * Q >= 0.45)[sure].float().mean() < 0.4


def test_flat_codes_leave_a_shape_as_it_is() -> None:
    shape = decompose(torch.randn(SMALL.windows, 20)).semantic
    torch.testing.assert_close(following(shape, torch.zeros_like(shape)), shape)
