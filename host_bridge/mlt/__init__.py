"""MLT project files: Shotcut's and melt's .mlt, Kdenlive's .kdenlive; read and patched, closed."""

from host_bridge.mlt.project import MltProject

__all__ = ["MltProject"]
