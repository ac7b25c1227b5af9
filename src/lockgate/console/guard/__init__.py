"""Who may ask for what: sessions, roles, forged requests, limits, and what every answer says to the browser."""
