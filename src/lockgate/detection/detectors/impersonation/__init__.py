"""Who the sender pretends to be."""
