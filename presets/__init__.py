"""Presets: named layers as TOML files, the shipped ones in this folder."""

from presets.library import files, key_of, load, read, report
from presets.schema import Preset

__all__ = ["Preset", "files", "key_of", "load", "read", "report"]
