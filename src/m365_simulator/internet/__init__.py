"""The world outside the tenants, as far as mail is concerned: one host that is every mail exchanger and sender."""
