"""Messages in quarantine: search, look safely, release, delete."""
