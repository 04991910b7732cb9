"""What a bundle brings to the one pipeline: the seams between it and the networks.

Tensors that pass a seam are float32. A part that lives on a GPU, or thinks in half precision, sees
to that itself; latents and hints lie where the codec puts them, mels and sound on the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from engine.melqcd.curves import Curves
from engine.melqcd.spec import MelSpec
from engine.picture.features import Sight


class EncodedText(NamedTuple):
    """tokens float [B, L, width], pooled [B, width]: what cross-attention and the rest see."""

    tokens: Tensor
    pooled: Tensor


class Words(NamedTuple):
    """What steers the denoiser: tokens [B, L, width], sentence [B, width]."""

    tokens: Tensor
    sentence: Tensor

    def rows(self, which: slice) -> Words:
        """Some rows of the batch."""
        return Words(self.tokens[which], self.sentence[which])


class Text(Protocol):
    """The words of a layer, as the other parts understand them."""

    def encode(self, texts: Sequence[str]) -> EncodedText: ...


class Guiding(Protocol):
    """Words of two rows: row 0 is what to leave (negative or nothing), row 1 what to make.

    seen [1, width]: the picture's point, which becomes pseudo-words behind the prompt; None when
    the layer does not ask the picture.
    """

    def __call__(self, prompt: str, negative: str, seen: Tensor | None) -> Words: ...


class Seeing(Sight, Protocol):
    """A sight whose features can be put in words."""

    def point(self, appearance: Tensor) -> Tensor:
        """What a range's pictures [pictures, features] show: a point [1, width] for Guiding."""
        ...


class Codec(Protocol):
    """Mel to latents [B, channels, rows, T / patch_frames] and back."""

    spec: MelSpec
    channels: int
    rows: int
    patch_frames: int

    def encode_mel(self, mel: Tensor) -> Tensor:
        """Latents of log-mels [B, bands, T]; T a multiple of patch_frames."""
        ...

    def encode_hint(self, hint: Tensor) -> Tensor:
        """Recomposed curves [B, bands, T] as the ControlNet wants them."""
        ...

    def settled(self, clean: Tensor, curves: Curves, strictness: float) -> Tensor:
        """Clean latents that say what their curves say, as far as this codec's latents show it.

        strictness 0..1: how far what is not certain of them is brought there.
        """
        ...

    def decode_mel(self, clean: Tensor, energy: Tensor) -> Tensor:
        """Log-mels [B, bands, T] of clean latents, with exactly this energy curve [T]."""
        ...

    def levelled(self, sound: Tensor) -> Tensor:
        """A recording [samples] at the level the codec's mels are of."""
        ...

    def filled(self, columns: int, most: int) -> int:
        """Columns denoised for a window of `columns` where `most` are denoised at once."""
        ...


class Denoising(Protocol):
    """noisy, step [B], words, hint, scales [residuals, ...] -> clean latents as noisy.

    scales: what each of the ControlNet's residuals is multiplied by, from the finest level to the
    middle block; more dimensions go by row.
    """

    residuals: int

    def __call__(
        self, noisy: Tensor, step: Tensor, words: Words, hint: Tensor, scales: Tensor
    ) -> Tensor: ...


class Sketch(Protocol):
    """Rough latents of one range, which denoising begins with."""

    def over(self, curves: Curves) -> Tensor:
        """Latents [1, C, K, W] along the range's next curves, W whole columns of them."""
        ...


class Sketching(Protocol):
    """sentence [2, width] as of Words, seed -> the sketch of a range that is made with these.

    None where nothing is known of the words: then noise is all there is to begin with.
    """

    def __call__(self, sentence: Tensor, seed: int, /) -> Sketch | None: ...


class Solver(Protocol):
    """A diffusers scheduler that is given clean latents."""

    timesteps: Tensor
    init_noise_sigma: Any

    def set_timesteps(self, num_inference_steps: int, device: Any) -> None: ...

    def scale_model_input(self, sample: Tensor, timestep: Any) -> Tensor: ...

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Any) -> Tensor: ...

    def step(
        self, model_output: Tensor, timestep: Any, sample: Tensor, *, return_dict: bool
    ) -> Any: ...


class Vocoding(Protocol):
    """mel [B, bands, T], noise [B, noise_channels, T] -> sound [B, T * hop]."""

    spec: MelSpec
    noise_channels: int

    def __call__(self, mel: Tensor, noise: Tensor) -> Tensor: ...
