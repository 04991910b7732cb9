"""Learning every part."""
