"""V2X: features -> curves, spotting; focus."""
