"""Weak signals of several families that meet in one message."""
