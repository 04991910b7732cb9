"""Measuring every part."""
