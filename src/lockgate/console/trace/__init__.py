"""The message trace: what became of every message, and why."""
