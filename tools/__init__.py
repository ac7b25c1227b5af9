"""Developer programs: house rules, the demonstration, test machine set-up."""
