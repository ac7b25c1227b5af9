"""A simulated Microsoft 365 tenant, for running Lockgate end to end on one machine."""
