"""Service accounts: what each organisation has granted, and what can be done about it."""
