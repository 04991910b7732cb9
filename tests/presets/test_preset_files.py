"""Presets: the shipped ones hold, and a wrong file is refused in words that help."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

import presets
from host_bridge.errors import CuelockError
from host_bridge.home import home
from presets.schema import parse_preset

_KEYS = {"name", "prompt", "negative", "strictness", "behaviour", "gain_db", "tags"}
_BEDS = {"rain", "wind", "room-tone", "forest-ambience", "city-ambience", "sea", "machine-hum"}
_GOOD = {"name": "a hum", "prompt": "a hum", "behaviour": "sync"}

_line = st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1
).filter(lambda text: any(character.isalnum() for character in text))
_tables = st.fixed_dictionaries(
    {"name": _line, "prompt": _line, "behaviour": st.sampled_from(["sync", "ambience"])},
    optional={
        "negative": st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])),
        "strictness": st.floats(0, 1),
        "gain_db": st.floats(-60, 24),
        "tags": st.lists(_line),
    },
)


def _users_own(stem: str, text: str) -> Path:
    path = home() / "presets" / f"{stem}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_at_least_two_dozen_presets_ship_and_every_one_is_valid() -> None:
    known = presets.files()
    assert len(known) >= 24
    for key, path in known.items():
        assert presets.key_of(presets.read(path).name) == key


def test_ambience_beds_ignore_motion_and_footsteps_follow_it() -> None:
    for key in presets.files():
        if key in _BEDS:
            assert presets.load(key).behaviour == "ambience"
        if key.startswith("footsteps"):
            assert presets.load(key).behaviour == "sync"


@pytest.mark.parametrize("spelling", ["door slam", "Door Slam", "door-slam", "DOOR_SLAM"])
def test_a_name_is_the_same_however_it_is_spelled(spelling: str) -> None:
    assert presets.load(spelling).name == "door slam"


@given(_tables)
def test_a_valid_file_says_what_another_toml_reader_reads(table: dict[str, object]) -> None:
    text = tomli_w.dumps(table)
    preset = parse_preset(text, "x.toml")
    for key, value in tomllib.loads(text).items():
        assert getattr(preset, key) == (tuple(value) if key == "tags" else value)


@given(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1))
def test_an_unknown_key_is_refused_and_a_known_one_named(key: str) -> None:
    table = {**_GOOD, key: "a"}
    if key in _KEYS:
        return
    with pytest.raises(CuelockError, match=f"no key '{key}'") as caught:
        parse_preset(tomli_w.dumps(table), "x.toml")
    assert any(f"nearest is {known!r}" in caught.value.message for known in _KEYS)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("promt", "prompt"), ("Name", "name"), ("gain", "gain_db"), ("behavior", "behaviour")],
)
def test_a_slip_of_the_pen_is_answered_with_the_key_that_was_meant(
    wrong: str, nearest: str
) -> None:
    with pytest.raises(CuelockError, match=f"nearest is '{nearest}'"):
        parse_preset(tomli_w.dumps({**_GOOD, wrong: "a"}), "x.toml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("strictness = 1.01", "strictness must be a number from 0 to 1, not 1.01"),
        ("strictness = true", "strictness must be a number from 0 to 1, not True"),
        ('strictness = "high"', "strictness must be a number from 0 to 1, not 'high'"),
        ("gain_db = nan", "gain_db must be a number of decibels from -60 to 24, not nan"),
        ("gain_db = inf", "gain_db must be a number of decibels from -60 to 24, not inf"),
        ('tags = "foley"', "tags must be a list of words, not 'foley'"),
        ("tags = [1]", "tags must be a list of words, not [1]"),
        ("negative = 3", "negative must be one line of text, not 3"),
        ('negative = "a\\nb"', "negative must be one line of text"),
    ],
)
def test_a_wrong_value_is_said_in_words(line: str, words: str) -> None:
    with pytest.raises(CuelockError) as caught:
        parse_preset(tomli_w.dumps(_GOOD) + line, "x.toml")
    assert words in caught.value.message
    assert caught.value.code == "request.preset"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("behaviour", "sinc", 'must be "sync" or "ambience", not \'sinc\''),
        ("name", "", "must be one line of text"),
        ("prompt", " \t", "must be one line that says the sound"),
        ("prompt", "a\nb", "must be one line that says the sound"),
        ("prompt", "a\n", "must be one line that says the sound"),
    ],
)
def test_a_wrong_name_prompt_or_behaviour_is_said_in_words(
    key: str, value: str, words: str
) -> None:
    with pytest.raises(CuelockError) as caught:
        parse_preset(tomli_w.dumps({**_GOOD, key: value}), "x.toml")
    assert words in caught.value.message


@pytest.mark.parametrize("key", sorted(_GOOD))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(CuelockError, match=f"the key '{key}' is missing"):
        parse_preset(tomli_w.dumps({k: v for k, v in _GOOD.items() if k != key}), "x.toml")


def test_a_users_preset_hides_the_shipped_one_of_its_name() -> None:
    _users_own("rain", tomli_w.dumps({**_GOOD, "name": "rain", "prompt": "my rain"}))
    assert presets.load("rain").prompt == "my rain"
    assert not presets.report(presets.files()["rain"]).shipped


def test_a_broken_preset_spoils_only_itself() -> None:
    _users_own("mine", "not TOML")
    assert presets.load("wind").name == "wind"
    with pytest.raises(CuelockError, match="is not TOML"):
        presets.load("mine")


def test_a_file_is_named_after_its_preset() -> None:
    path = _users_own("other", tomli_w.dumps(_GOOD))
    with pytest.raises(CuelockError, match=r"'a hum' belongs in a-hum\.toml"):
        presets.read(path)


def test_bytes_that_are_no_text_and_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CuelockError, match="not UTF-8"):
        presets.read(tmp_path / "a.toml")
    with pytest.raises(CuelockError, match="cannot be read"):
        presets.read(tmp_path / "b.toml")


def test_an_unknown_preset_is_answered_with_those_near_it() -> None:
    with pytest.raises(CuelockError, match="no preset named 'door slum'") as caught:
        presets.load("door slum")
    assert "door-slam" in caught.value.hint


def test_presets_load_without_the_engine() -> None:
    code = (
        "import sys, presets; presets.load('rain');"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'engine', 'torch', 'numpy', 'av'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
