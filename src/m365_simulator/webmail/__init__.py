"""A small web mail for people: the tenants' mailboxes, and the outside world's outgoing and incoming mail."""
