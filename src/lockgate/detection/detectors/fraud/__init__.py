"""Talk that leads to a payment."""
