"""Ardour sessions that are saved and closed: read and patched."""

from host_bridge.ardour.session import ArdourSession

__all__ = ["ArdourSession"]
