"""Range -> frames, cuts, motion and appearance features."""
