"""The first page: what is protected, what is going on now, and what waits for somebody."""
