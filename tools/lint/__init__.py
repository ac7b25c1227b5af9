"""House rules that ruff cannot say, one rule per file."""
