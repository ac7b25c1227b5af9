"""An organisation's own signals and rules."""
