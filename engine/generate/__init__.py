"""Text, textual inversion, U-Net and ControlNet pipeline, windows, vocoder."""
