"""Unsolicited advertising."""
