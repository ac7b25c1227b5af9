"""Files of kinds that a policy may want to stop."""
