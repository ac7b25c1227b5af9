"""Lockgate: inline e-mail protection for Exchange Online."""

__version__ = "0.1.0"
