"""Media files, read exactly: clips, their pictures by frame, their sound; no torch."""

from pathlib import Path

#: The clip that comes with cuelock.
EXAMPLE = Path(__file__).parent / "clips" / "big-buck-bunny.mp4"
