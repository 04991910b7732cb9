"""The shipped predictor on the bouncing ball, whose contacts are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.bundles.load import load_bundle
from engine.picture.features import PictureFeatures, picture_features
from media.clip import open_clip

MEDIA = Path(__file__).parents[1] / "media"
TRUTH = json.loads((MEDIA / "bounce.json").read_text())
FRAME = 1 / TRUTH["rate"]


@pytest.fixture(scope="module")
def seen() -> PictureFeatures:
    clip = open_clip(MEDIA / "bounce.mp4")
    return picture_features(clip, 0, clip.frames, clip.rate, load_bundle("small").backbone)


def test_energy_peaks_within_a_frame_of_every_contact(seen: PictureFeatures) -> None:
    bundle = load_bundle("small")
    words = bundle.text.encode(["wood knocks against wood"]).pooled
    pieces = bundle.predictor.curves(
        seen, words, focus=None, behaviour="sync", frames=800, spec=bundle.manifest.mel,
        ready=lambda _frame: None,
    )  # fmt: skip
    energy = np.concatenate([piece.energy for piece in pieces])
    for contact in TRUTH["seconds"]:
        near = np.arange(max(0, int(100 * contact) - 12), min(800, int(100 * contact) + 13))
        peak = (near[energy[near].argmax()] + 0.5) / 100
        # A frame, and half of the curve's own step.
        assert abs(peak - contact) <= FRAME + 0.005


def test_every_contact_is_spotted_within_a_frame(seen: PictureFeatures) -> None:
    events = load_bundle("small").predictor.events(seen, None)
    assert [event.seconds for event in events] == sorted(event.seconds for event in events)
    for contact in TRUTH["seconds"]:
        assert min(abs(float(event.seconds) - contact) for event in events) <= FRAME


def test_what_is_said_to_sound_is_spotted_more_surely_than_what_never_strikes(
    seen: PictureFeatures,
) -> None:
    bundle = load_bundle("small")
    knocks, wind = (
        sum(event.confidence for event in bundle.predictor.events(seen, words))
        for words in (bundle.text.encode([said]).pooled for said in ("wood is hit", "wind blows"))
    )
    assert knocks > 1.2 * wind


def test_two_layers_of_one_shot_get_curves_of_their_own(seen: PictureFeatures) -> None:
    bundle = load_bundle("small")

    def energy(prompt: str) -> np.ndarray:
        pieces = bundle.predictor.curves(
            seen, bundle.text.encode([prompt]).pooled,
            focus=None, behaviour="auto", frames=800, spec=bundle.manifest.mel,
            ready=lambda _frame: None,
        )  # fmt: skip
        return np.concatenate([piece.energy for piece in pieces])

    knocks, wind = energy("wood knocks against wood"), energy("wind blows")
    assert knocks.std() > 2 * wind.std()
