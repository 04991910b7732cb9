"""The plain client is a program of its own, not a module of tests."""

collect_ignore = ["plain_client.py"]
