"""Bundles: weights survive, every part is checked, what cannot be used is said in words."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bundles.load import load_bundle
from engine.bundles.store import folders, manifest, verified
from engine.bundles.weights import load_int8, save_int8
from host_bridge.errors import CuelockError


@settings(max_examples=20)
@given(rows=st.integers(1, 80), columns=st.integers(60, 200), scale=st.floats(1e-3, 1e3))
def test_a_quantised_row_is_within_half_a_step_of_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, scale: float
) -> None:
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    weight = torch.randn(rows, columns) * scale
    save_int8({"w": weight, "n": torch.tensor(7)}, path)
    back = load_int8(path)
    step = weight.abs().amax(dim=1, keepdim=True) / 127
    assert ((back["w"] - weight).abs() <= 0.51 * step + 1e-3 * weight.abs()).all()
    assert back["n"] == 7


def test_the_shipped_bundle_is_whole_and_small() -> None:
    folder, read = verified("small")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 28 * 2**20
    assert all(part.licence and part.data for part in read.parts.values())
    assert (folder / "MODEL_CARD.md").is_file()


def test_a_loaded_bundle_is_frozen_and_reused() -> None:
    bundle = load_bundle("small")
    assert load_bundle("small") is bundle
    assert not any(parameter.requires_grad for parameter in bundle.vocoder.parameters())


def test_words_near_each_other_are_near_for_the_encoder() -> None:
    text = load_bundle("small").text
    heard = text.encode(["glass breaks", "a dog barks", "rain falls"]).pooled
    asked = text.encode(["a shattered window", "a puppy yelps", "a heavy downpour"]).pooled
    near = torch.nn.functional.cosine_similarity(asked[:, None], heard[None], dim=-1)
    assert near.argmax(dim=1).tolist() == [0, 1, 2]
    assert text.encode([""]).pooled.abs().max() == 0


def _damage(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 0xFF
        (folder / name).write_bytes(content)

    return change


def _rewrite(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / "bundle.toml").read_text()
        assert old in text
        (folder / "bundle.toml").write_text(text.replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_damage("vocoder.safetensors"), "bundle.checksum"),
        (lambda folder: (folder / "text.safetensors").unlink(), "bundle.format"),
        (_rewrite("format = 1", "format = 99"), "bundle.format"),
        (_rewrite("steps =", "strides ="), "bundle.format"),
        (_rewrite("name =", "name"), "bundle.format"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_said_in_words(
    own_home: Path, change: Callable[[Path], None], code: str
) -> None:
    mine = own_home / "bundles" / "mine"
    shutil.copytree(folders()["small"], mine)
    change(mine)
    with pytest.raises(CuelockError) as caught:
        load_bundle("mine")
    assert caught.value.code == code


def test_an_unknown_bundle_names_those_there_are() -> None:
    with pytest.raises(CuelockError) as caught:
        manifest("huge")
    assert caught.value.code == "bundle.missing"
    assert "small" in caught.value.hint
