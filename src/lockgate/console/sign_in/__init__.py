"""The page where people sign in, and the way out."""
