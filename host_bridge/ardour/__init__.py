"""Ardour 7 or later: saved and closed sessions, patched, and the one that is open in front."""

from host_bridge.ardour.opened import OpenArdour
from host_bridge.ardour.session import ArdourSession

__all__ = ["ArdourSession", "OpenArdour"]
