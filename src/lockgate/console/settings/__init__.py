"""The start-up settings, shown with where each comes from."""
