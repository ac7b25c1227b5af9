"""What an organisation approves and blocks."""
