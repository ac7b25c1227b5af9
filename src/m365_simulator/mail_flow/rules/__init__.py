"""Mail flow rules: what a rule looks at, when it matches, what it does."""
