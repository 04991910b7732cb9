"""The patch codec is an orthonormal change of basis; energy leaves it by a linear projection."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn

from engine.generate.codec import PATCH_FRAMES, MelPatchCodec, without_energy
from engine.melqcd.curves import curves_of_mel
from engine.melqcd.decompose import FLAT_CODE, decompose, dequantise_semantic, to_windows
from engine.melqcd.spec import SMALL


def fitted() -> MelPatchCodec:
    codec = MelPatchCodec(SMALL)
    codec.fit(torch.randn(4, SMALL.bands, 64) * torch.linspace(0.1, 3, SMALL.bands)[:, None])
    return codec


@given(st.integers(1, 12), st.integers(1, 3))
def test_decoding_undoes_encoding(columns: int, batch: int) -> None:
    mel = torch.randn(batch, SMALL.bands, columns * PATCH_FRAMES)
    codec = fitted()
    torch.testing.assert_close(codec.decode(codec.encode(mel)), mel, atol=1e-4, rtol=1e-4)


def test_channels_are_the_patchs_two_dimensional_cosines() -> None:
    mel = torch.randn(1, SMALL.bands, 8)
    latents = MelPatchCodec(SMALL).encode(mel)
    patch = mel[0, 32:48, 4:8].numpy()
    torch.testing.assert_close(
        latents[0, :, 2, 1],
        torch.from_numpy(dctn(patch, norm="ortho")).flatten(),
        atol=1e-4,
        rtol=1e-4,
    )


def test_fitting_gives_unit_variance_on_average_and_keeps_coarse_above_fine() -> None:
    smooth = torch.nn.functional.avg_pool1d(torch.randn(8, SMALL.bands, 128), 5, 1, 2)
    codec = MelPatchCodec(SMALL)
    codec.fit(smooth)
    power = codec.encode(smooth).square().mean(dim=(0, 2, 3))
    torch.testing.assert_close(power.mean(), torch.tensor(1.0), atol=1e-3, rtol=0)
    assert power[0] > power[3]


def test_projected_latents_have_no_energy_and_everything_else_is_untouched() -> None:
    codec = fitted()
    mel = torch.randn(2, SMALL.bands, 40)
    energy = to_windows(mel, SMALL).mean(dim=1, keepdim=True)
    projected = codec.decode(without_energy(codec.encode(mel)))
    torch.testing.assert_close(projected, mel - energy, atol=1e-4, rtol=1e-4)


def test_settled_latents_have_the_wanted_spread_and_codes_and_no_energy() -> None:
    codec = fitted()
    draw = torch.Generator().manual_seed(2)
    curves = curves_of_mel(torch.randn(SMALL.bands, 40, generator=draw) - 5, SMALL)
    clean = torch.randn(1, codec.channels, SMALL.windows, 10, generator=draw)
    settled = codec.settled(clean, curves, 1.0)
    energy, spread, semantic = decompose(to_windows(codec.decode(settled), SMALL)[0])
    torch.testing.assert_close(energy, torch.zeros(40), atol=1e-4, rtol=0)
    torch.testing.assert_close(spread, torch.from_numpy(curves.spread), atol=1e-3, rtol=1e-3)
    Q = dequantise_semantic(torch.from_numpy(curves.codes))
    assert (semantic * Q)[Q != 0].min() > 0.2
    assert torch.equal(settled[:, PATCH_FRAMES:], clean[:, PATCH_FRAMES:])
    half = codec.settled(clean, curves, 0.5)
    torch.testing.assert_close(half, (settled + codec.settled(clean, curves, 0.0)) / 2)
    torch.testing.assert_close(codec.settled(clean, curves, 0.0), without_energy(clean))


def test_where_codes_are_flat_nothing_but_energy_is_settled() -> None:
    codec = fitted()
    draw = torch.Generator().manual_seed(3)
    told = curves_of_mel(torch.randn(SMALL.bands, 40, generator=draw), SMALL)
    codes = told.codes.copy()
    codes[12:] = FLAT_CODE
    clean = torch.randn(1, codec.channels, SMALL.windows, 10, generator=draw)
    settled = codec.settled(clean, replace(told, codes=codes), 1.0)
    torch.testing.assert_close(settled[..., 3:], without_energy(clean)[..., 3:])
    assert not torch.allclose(settled[..., :3], without_energy(clean)[..., :3])
