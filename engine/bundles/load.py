"""A bundle in memory, of whichever family it is."""

from __future__ import annotations

from functools import lru_cache

from safetensors import SafetensorError

from engine.bundles.bundle import Bundle
from engine.bundles.load_auffusion import auffusion_bundle
from engine.bundles.load_small import adapted_bundle, small_bundle
from engine.bundles.store import Adaptation, AuffusionManifest, SmallManifest, verified
from host_bridge.errors import CuelockError


@lru_cache(maxsize=2)
def load_bundle(name: str) -> Bundle:
    """Load a bundle by name, every checksum verified; the last two stay in memory.

    Raises CuelockError bundle.missing, bundle.format, bundle.checksum or bundle.unknown_part.
    """
    folder, read = verified(name)
    try:
        match read:
            case SmallManifest():
                return small_bundle(folder, read)
            case AuffusionManifest():
                return auffusion_bundle(folder, read)
            case Adaptation():
                return adapted_bundle(load_bundle(read.base), folder, read)
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
