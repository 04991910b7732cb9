"""Pro Tools, from outside over PTSL: its scripting protocol, gRPC on this machine's port 31416.

Needs Pro Tools 2025.10 and the extra `protools`. Pro Tools cannot group commands into one step of
undo: files, tracks and clips are undone one by one.
"""
