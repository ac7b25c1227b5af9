"""Search and retention of the message trace at size, on a real PostgreSQL."""
