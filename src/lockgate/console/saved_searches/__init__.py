"""Searches that are kept under a name, for oneself or with others."""
