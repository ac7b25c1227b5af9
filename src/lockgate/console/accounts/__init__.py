"""The page of everybody who may sign in."""
