"""login.microsoftonline.com: discovery, sign-in, consent and tokens of the simulated tenants."""
