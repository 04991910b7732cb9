"""Takes that last: jobs, their events and finished takes in SQLite, files by their SHA-256."""
