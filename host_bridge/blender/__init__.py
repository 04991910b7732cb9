"""Blender 3.4 and later: an add-on for the Video Sequencer, which has cuelock made its sounds.

Everything beside this line runs inside Blender, whose Python has neither msgspec nor zmq: of
host_bridge it needs errors and timecode alone, and what it shows is JSON (docs/hosts/scripts.md).
"""
