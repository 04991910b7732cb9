"""A bundle in memory, of whichever family it is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache

from safetensors import SafetensorError

from engine.bundles.bundle import Bundle, Sight
from engine.bundles.load_auffusion import auffusion_bundle
from engine.bundles.load_small import adapted_bundle, small_bundle, small_sight
from engine.bundles.store import Adaptation, AuffusionManifest, SmallManifest, verified
from host_bridge.errors import CuelockError


@lru_cache(maxsize=2)
def load_bundle(name: str) -> Bundle:
    """Load a bundle by name, every checksum verified; the last two stay in memory.

    Raises CuelockError bundle.missing, bundle.format, bundle.checksum or bundle.unknown_part.
    """
    folder, read = verified(name)
    with _told(name):
        match read:
            case SmallManifest():
                return small_bundle(folder, read)
            case AuffusionManifest():
                return auffusion_bundle(folder, read)
            case Adaptation():
                return adapted_bundle(load_bundle(read.base), folder, read)


def load_sight(name: str) -> Sight:
    """What of a bundle says when something should sound, without what makes it, where the family
    lets it be had alone. Raises as load_bundle does.
    """
    folder, read = verified(name)
    if not isinstance(read, SmallManifest):
        return load_bundle(name)
    with _told(name):
        return small_sight(folder, read)


@contextmanager
def _told(name: str) -> Generator[None]:
    """What a broken part raises, as CuelockError."""
    try:
        yield
    except KeyError as error:
        raise CuelockError(
            "bundle.unknown_part",
            f"The bundle {name!r} has no part {error.args[0]!r}.",
            hint="Install or import the bundle again, with all its files.",
        ) from error
    except (RuntimeError, ValueError, SafetensorError) as error:
        raise CuelockError(
            "bundle.format",
            f"A part of bundle {name!r} does not fit this cuelock.",
            hint="Install the bundle again, or one made for this version.",
        ) from error
