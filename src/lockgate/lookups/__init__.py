"""Facts from outside: one file per source, each with a deadline and a cache rule of its own."""
