"""Talk that leads to a forged sign-in page or form."""
