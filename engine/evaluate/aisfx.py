"""A sound-effects embedding: the network whose weights PyPI's `aisfx` carries (MIT), 512 wide.

Its own package asks for librosa, so the front end and the network are written here; only the
weights are read from it. Source: Ma and Lerch, "Representation Learning for the Automatic Indexing
of Sound Effects Libraries" (2022); the front end is the package's librosa variant.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from host_bridge.errors import CuelockError

RATE = 44_100
_FFT, _HOP, _BANDS = 2048, 1024, 96
_BLOCK = 100  # frames heard together: 2.3 s
_BRIGHTEST = 9.457798957824707  # the value of the front end that training called one


def aisfx_spectrum(sound: Tensor) -> Tensor:
    """Front end: peak-normalised sound [samples] at 44.1 kHz -> [frames, 96], about 0..1.

    log10(1 + 10000 m) of power in 96 HTK bands up to 22.05 kHz whose weights sum to one.
    """
    sound = sound / sound.abs().max().clamp(min=1e-9)
    stft = torch.stft(
        sound, _FFT, _HOP, window=torch.hann_window(_FFT), pad_mode="constant", return_complex=True
    )
    mel = stft.abs().square().T @ _bank().T
    return torch.log10(1 + 10_000 * mel) / _BRIGHTEST


def _bank() -> Tensor:
    edges_mel = torch.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), _BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = torch.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    bank = torch.minimum(rising, falling).clamp(min=0)
    return bank / bank.sum(dim=1, keepdim=True).clamp(min=1e-12)


class _Block(nn.Module):
    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(narrow, wide, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(wide, wide, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(wide)
        self.bn2 = nn.BatchNorm2d(wide)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class _Network(nn.Module):
    """Spectra [B, 100, 96] -> embeddings [B, 512]; parts named as the weights are."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 64, 128, 256, 512)
        for number in range(1, 5):
            setattr(self, f"conv_block{number}", _Block(widths[number - 1], widths[number]))

    def forward(self, spectra: Tensor) -> Tensor:
        x = spectra[:, None]
        for name, block in self.named_children():
            x = block(x)
            if name != "conv_block4":
                x = F.max_pool2d(x, 2)
        return x.mean(dim=3).amax(dim=2)


def _weights() -> dict[str, Tensor]:
    """The carried weights, read without running what a pickle may hold."""
    spec = find_spec("aisfx")
    if spec is None or spec.origin is None:
        raise CuelockError(
            "engine.dependency",
            "The embedding's package is not installed.",
            hint="Run `pip install --no-deps aisfx==0.1.2`.",
        )
    from numpy._core.multiarray import scalar  # class counts of no use here, but in the file

    counts: list[Any] = [(scalar, "numpy.core.multiarray.scalar"), np.dtype, np.dtypes.Int64DType]
    with torch.serialization.safe_globals(counts):
        path = Path(spec.origin).parent / "models" / "checkpoint.pth"
        everything, _ = torch.load(path, map_location="cpu", weights_only=True)
    prefix = "embedding_net."
    return {k.removeprefix(prefix): v for k, v in everything.items() if k.startswith(prefix)}


class AiSfx:
    """Embedder (engine.evaluate.hearing): mean embedding over blocks of 2.3 s, half overlapped.

    Raises CuelockError engine.dependency when its package is missing.
    """

    name = "aisfx"

    def __init__(self) -> None:
        self._network = _Network()
        self._network.load_state_dict(_weights())
        self._network.eval().requires_grad_(False)

    def __call__(self, sound: np.ndarray, rate: int) -> np.ndarray:
        import soxr

        mono = torch.from_numpy(soxr.resample(np.asarray(sound, np.float32), rate, RATE))
        spectrum = aisfx_spectrum(F.pad(mono, (0, max(0, _FFT - len(mono)))))
        missing = max(0, _BLOCK - len(spectrum))
        blocks = F.pad(spectrum, (0, 0, 0, missing)).unfold(0, _BLOCK, _BLOCK // 2).transpose(1, 2)
        return self._network(blocks).mean(dim=0).numpy()
