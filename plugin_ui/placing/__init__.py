"""Stems onto a host's timeline from here: planned, shown, placed, read back."""
