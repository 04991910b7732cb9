"""`cuelock render` turns a command line into exactly one request."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command_runs import RENDERED, Cuelock, Seam, through
from hypothesis import given
from hypothesis import strategies as st

import presets
from engine.cli.layers import layers_of
from host_bridge.protocol import Behaviour, Layer, RenderReply, RenderRequest


@pytest.fixture
def asked(seam: Seam) -> list[RenderRequest]:
    """The requests that came through the seam."""
    requests: list[RenderRequest] = []

    def render(request: RenderRequest, progress: Callable[[str, float], None]) -> RenderReply:
        for fraction in (0.0, 0.5, 1.0):
            progress("decode", fraction)
        requests.append(request)
        return RENDERED

    seam("host_bridge.client", run=through(render))
    return requests


def test_every_option_arrives_in_the_request(
    cuelock: Cuelock, asked: list[RenderRequest], tmp_path: Path
) -> None:
    ran = cuelock(
        *("render", "clip.mov", "--in", "01:00:02:00", "--out", "01:00:05:12"),
        *("--start-tc", "01:00:00:00", "--rate", "23.976"),
        *("--layer", "footsteps on gravel", "--preset", "rain", "--layer", "wind"),
        *("--negative", "music", "--seed", "7", "--strictness", "0.25"),
        *("--curves", "c.npz", "--focus", "0.5,0,0.5,1", "--handles", "12", "--variations", "2"),
        *("--bundle", "auffusion", "--steps", "9", "--to", str(tmp_path), "--json"),
    )
    assert ran.status == 0

    def layer(name: str, prompt: str, seed: int, behaviour: Behaviour, gain_db: float) -> Layer:
        return Layer(
            name=name,
            prompt=prompt,
            seed=seed,
            behaviour=behaviour,
            gain_db=gain_db,
            negative="music",
            strictness=0.25,
            focus="0.5,0,0.5,1",
        )

    assert asked == [
        RenderRequest(
            clip=str(Path.cwd() / "clip.mov"),
            layers=(
                layer("footsteps on gravel", "footsteps on gravel", 7, "auto", 0),
                layer("wind", "wind", 8, "auto", 0),
                layer("rain", "rain falls", 9, "ambience", -6),
            ),
            to=str(tmp_path),
            range_in="01:00:02:00",
            range_out="01:00:05:12",
            start_timecode="01:00:00:00",
            rate="23.976",
            curves=str(Path.cwd() / "c.npz"),
            guide=None,
            handles=12,
            variations=2,
            bundle="auffusion",
            steps=9,
        )
    ]


def test_the_answer_is_the_reply_with_the_contracts_words(
    cuelock: Cuelock, asked: list[RenderRequest]
) -> None:
    answer = cuelock("render", "clip.mov", "--json").json
    assert len(asked) == 1
    assert answer["range"] == {
        "in": "01:00:02:00",
        "out": "01:00:05:12",
        "rate": "24000/1001",
        "frames": 84,
    }
    assert answer["stems"][0]["time_reference"] == 173_068_896
    assert answer["stems"][0]["measures"]["onset_f1"] is None
    assert answer["preview"] is None


def test_a_person_sees_stems_seeds_and_files_as_they_are_called(
    cuelock: Cuelock, asked: list[RenderRequest]
) -> None:
    ran = cuelock("render", "clip.mov")
    assert len(asked) == 1
    assert (ran.status, ran.out) == (0, b"")
    for told in ("footsteps on gravel", "7", "/tmp/a [1].wav", "/tmp/a.png", "01:00:05:12"):
        assert told in ran.err


def test_without_a_layer_the_picture_speaks(cuelock: Cuelock, asked: list[RenderRequest]) -> None:
    cuelock("render", "clip.mov", "--seed", "3")
    assert asked[0].layers == (Layer(name="picture", prompt="", seed=3),)


def test_an_own_seed_is_chosen_when_none_is_given(
    cuelock: Cuelock, asked: list[RenderRequest]
) -> None:
    for _ in range(4):
        cuelock("render", "clip.mov", "--layer", "wind")
    seeds = {request.layers[0].seed for request in asked}
    assert len(seeds) > 1
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize(
    "focus", ["", "a", "0,0,1", "0,0,1,1,1", "0.5,0,0.6,1", "-0.1,0,1,1", "0,0,0,1", "0,nan,1,1"]
)
def test_a_focus_outside_the_picture_is_refused(
    focus: str, cuelock: Cuelock, asked: list[RenderRequest]
) -> None:
    ran = cuelock("render", "clip.mov", "--focus", focus, "--json")
    assert ran.status == 2
    assert ran.json["error"]["code"] == "request.focus"
    assert asked == []


def test_an_unknown_preset_is_refused_before_any_work(
    cuelock: Cuelock, asked: list[RenderRequest]
) -> None:
    ran = cuelock("render", "clip.mov", "--preset", "rian", "--json")
    assert ran.status == 2
    assert ran.json["error"]["code"] == "request.preset"
    assert "rain" in ran.json["error"]["hint"]
    assert asked == []


_texts = st.lists(st.text(min_size=1).filter(lambda text: text == text.strip()), max_size=4)
_names = st.lists(st.sampled_from(sorted(presets.files())), max_size=4)


@given(_texts, _names, st.integers(0, 2**32 - 1))
def test_layers_keep_the_order_given_and_count_their_seeds_up(
    texts: list[str], names: list[str], seed: int
) -> None:
    layers = layers_of(texts, names, seed=seed, negative=None, strictness=None, focus=None)
    wanted = texts + [presets.load(name).prompt for name in names]
    assert [layer.prompt for layer in layers] == (wanted or [""])
    assert [layer.seed for layer in layers] == [seed + i for i in range(len(layers))]


@given(_names.filter(bool))
def test_a_presets_layer_is_the_preset_unless_an_option_says_otherwise(names: list[str]) -> None:
    layers = layers_of([], names, seed=0, negative="", strictness=None, focus=None)
    for layer, name in zip(layers, names, strict=True):
        preset = presets.load(name)
        assert (layer.name, layer.behaviour) == (preset.name, preset.behaviour)
        assert (layer.strictness, layer.gain_db) == (preset.strictness, preset.gain_db)
        assert layer.negative == ""
