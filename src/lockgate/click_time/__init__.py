"""The link service: where links in protected mail lead, and what becomes of whoever follows one."""
