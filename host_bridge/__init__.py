"""The thin side of cuelock: what a host's own Python can import without weight."""
