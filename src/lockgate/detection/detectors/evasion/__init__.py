"""Tricks that only somebody who hides from filters needs."""
