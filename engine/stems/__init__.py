"""Level, BWF, preview movie, provenance."""
