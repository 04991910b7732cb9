"""Readers of sound collections: whatever their layout, the same records come out."""

from engine.train.data.read import records
from engine.train.data.record import Event, Record

__all__ = ["Event", "Record", "records"]
