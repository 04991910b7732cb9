"""The picture: frame-exact, decoded beside the GUI thread, with the focus box drawn on it."""

from plugin_ui.picture.view import PictureView

__all__ = ["PictureView"]
