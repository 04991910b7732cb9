"""Embedders that packages carry: their own networks and front ends beside ours."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from engine.evaluate import aisfx
from engine.evaluate.aisfx import AiSfx, aisfx_spectrum
from engine.stems import tagger
from engine.stems.tagger import Tagger, log_mel_patches
from host_bridge.errors import CuelockError
from host_bridge.home import home


def noise(seconds: float, rate: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, int(seconds * rate)).astype(np.float32)


def test_aisfx_is_the_network_its_package_defines() -> None:
    spec = importlib.util.find_spec("aisfx")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent / "models" / "cnn2d.py"
    module_spec = importlib.util.spec_from_file_location("aisfx_network", source)
    assert module_spec is not None
    assert module_spec.loader is not None
    theirs = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(theirs)
    network = theirs.EmbeddingNet("max", 3, 1, 64)
    network.load_state_dict(aisfx._weights())
    network.eval()
    sound = noise(2.4, aisfx.RATE)
    spectrum = aisfx_spectrum(torch.from_numpy(sound))[:100]
    with torch.no_grad():
        wanted = network(spectrum[None])[0].numpy()
    assert AiSfx()(sound, aisfx.RATE) == pytest.approx(wanted, abs=1e-4)


def test_aisfx_hears_through_the_front_end_of_its_package() -> None:
    # librosa 0.11.0: log10(1 + 1e4 * melspectrogram(ramp, sr=44100, n_mels=96, norm=1.0, htk=True,
    # power=2.0, hop_length=1024, win_length=2048)), as the package's spectrogram_librosa asks.
    rng = np.random.default_rng(0)
    ramp = rng.standard_normal(3 * 44_100).astype(np.float32) * np.linspace(0, 1, 3 * 44_100)
    sound = torch.from_numpy((ramp / np.abs(ramp).max()).astype(np.float32))
    spectrum = aisfx_spectrum(sound) * aisfx._BRIGHTEST
    assert spectrum.shape == (130, 96)
    stored = {(0, 10): 0.1666, (64, 0): 5.4779, (64, 40): 4.7947, (100, 95): 5.423}
    for (frame, band), value in stored.items():
        assert float(spectrum[frame, band]) == pytest.approx(value, abs=1e-3)


def test_the_taggers_scores_stay_what_the_carried_graph_says() -> None:
    sound = noise(0.975, tagger.RATE)
    heard = Tagger().hear(sound, tagger.RATE)
    graph = next(
        path
        for path in (home() / "cache" / "yamnet").rglob("*.onnx")
        if not path.stem.endswith("embedding")
    )
    session = onnxruntime.InferenceSession(str(graph))
    patch = log_mel_patches(torch.from_numpy(sound)).numpy()
    assert patch.shape == (1, 1, 96, 64)
    wanted = np.asarray(session.run(None, {session.get_inputs()[0].name: patch})[0])[0]
    assert heard.scores == pytest.approx(wanted, abs=1e-5)
    assert heard.embedding.shape == (1024,)
    assert heard.embedding.min() >= 0, "what comes out of a rectifier, averaged"
    assert heard.embedding.std() > 0


def test_an_embedder_without_its_package_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aisfx, "find_spec", lambda _name: None)
    with pytest.raises(CuelockError) as raised:
        AiSfx()
    assert raised.value.code == "engine.dependency"
    assert "aisfx==0.1.2" in raised.value.hint
