"""The doctor: is everything ready for a real tenant, from outside and inside."""
