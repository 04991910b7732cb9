"""The `cuelock` command: verbs as a thin skin over functions of the rooms below."""

from engine.cli.app import main

__all__ = ["main"]
