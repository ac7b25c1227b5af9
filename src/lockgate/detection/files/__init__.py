"""Files that a message carries: what they truly are, and what is inside them."""
