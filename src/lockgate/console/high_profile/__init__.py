"""High-profile people, exceptions and partner domains of an organisation."""
