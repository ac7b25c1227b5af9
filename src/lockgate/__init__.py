"""Lockgate: inline e-mail protection for Exchange Online."""
