"""What machines ask: whether we live, and how much has been done."""
