"""Readers of containers: one file per kind, each from bytes to the files inside; `registry` says which reads what."""
