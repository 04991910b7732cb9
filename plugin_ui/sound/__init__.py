"""The sound: stems, the clip's own sound and what a running job makes, in step with the picture."""

from plugin_ui.sound.meters import Level, Levels
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sound.strips import Heard, Strip

__all__ = ["Heard", "Level", "Levels", "Mixer", "Strip"]
