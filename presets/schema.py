"""What a preset file may say, and in words what it may not."""

from __future__ import annotations

import difflib
import tomllib
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer

_WORDED = r"^[^\n]*\w[^\n]*\Z"  # one line with at least one letter or digit


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named layer. behaviour: sync follows the picture's events, ambience ignores its motion.

    gain_db is put on top of the predicted absolute level. The descriptions complete the
    sentence "KEY must be ...".
    """

    name: Annotated[str, Meta(pattern=_WORDED, description="one line of text")]
    prompt: Annotated[str, Meta(pattern=_WORDED, description="one line that says the sound")]
    negative: Annotated[str, Meta(pattern=r"^[^\n]*\Z", description="one line of text")] = ""
    strictness: Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")] = 0.8
    behaviour: Annotated[Literal["sync", "ambience"], Meta(description='"sync" or "ambience"')]
    gain_db: Annotated[
        float, Meta(ge=-60, le=24, description="a number of decibels from -60 to 24")
    ] = 0.0
    tags: Annotated[
        tuple[Annotated[str, Meta(pattern=_WORDED)], ...], Meta(description="a list of words")
    ] = ()

    def layer(self, seed: int = 0) -> Layer:
        """The layer that it names."""
        return Layer(
            name=self.name,
            prompt=self.prompt,
            seed=seed,
            negative=self.negative,
            strictness=self.strictness,
            behaviour=self.behaviour,
            gain_db=self.gain_db,
        )


_FIELDS = {field.name: field for field in msgspec.structs.fields(Preset)}


def parse_preset(text: str, source: str) -> Preset:
    """Read a preset's TOML. source names it to a person.

    Raises CuelockError request.preset, naming the key and what it must be.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refusal(source, f"it is not TOML ({error})") from error
    for key in table:
        if key not in _FIELDS:
            raise refusal(source, f"there is no key {key!r}; the nearest is {_nearest(key)!r}")
    for key, field in _FIELDS.items():
        if key in table:
            _check(source, key, table[key], field.type)
        elif field.required:
            raise refusal(source, f"the key {key!r} is missing")
    return msgspec.convert(table, Preset)


def refusal(source: str, why: str) -> CuelockError:
    """The error for a preset file that is not valid."""
    return CuelockError(
        "request.preset",
        f"{source} is not a valid preset: {why}.",
        hint=f"A preset has the keys {', '.join(_FIELDS)}; `cuelock presets show NAME` prints one.",
    )


def _check(source: str, key: str, value: Any, wanted: Any) -> None:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        description = get_args(wanted)[1].description
        raise refusal(source, f"{key} must be {description}, not {value!r}") from error


def _nearest(key: str) -> str:
    return difflib.get_close_matches(key.casefold(), _FIELDS, n=1, cutoff=0.0)[0]
