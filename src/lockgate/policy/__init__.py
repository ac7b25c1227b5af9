"""Policy: what is done about a report, per recipient, with an explanation. Pure; no input, output or clock."""
