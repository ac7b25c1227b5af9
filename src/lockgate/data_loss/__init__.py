"""Data loss prevention beyond the one message: what organisations add, kept in versions and answered from memory."""
