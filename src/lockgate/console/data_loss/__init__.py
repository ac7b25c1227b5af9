"""The page of data loss prevention."""
