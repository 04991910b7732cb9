"""The PyQt6 panel: talks to the engine through host_bridge alone."""
