"""What speaks for a message."""
