"""Files of what a search finds."""
