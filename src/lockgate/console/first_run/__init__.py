"""The page of the first start: a one-time code makes the first administrator."""
