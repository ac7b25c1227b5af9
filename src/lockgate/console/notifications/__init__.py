"""What administrators were told, and the mails in which they were told."""
