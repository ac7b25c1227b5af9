"""Settings in Microsoft 365 that could get in the way, checked."""
