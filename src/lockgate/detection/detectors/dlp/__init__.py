"""Data that should not leave."""
