"""Media files, read exactly: clips, their pictures by frame, their sound; no torch."""
