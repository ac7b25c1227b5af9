"""Mail sent to many at once."""
