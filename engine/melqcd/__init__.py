"""Mel, decomposition, quantisation, recomposition, curve editing."""
