"""The trace for other systems: shapes that they read, ways to them, and a pump that forgets nothing it owes."""
