"""Whose account somebody else may be using, each number with what it is made of."""
