"""graph.microsoft.com of the simulated tenants: directory, role assignments, mailboxes, sending."""
