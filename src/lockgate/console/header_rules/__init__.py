"""Header fields by which an organisation approves or blocks mail, or lets simulations of phishing through."""
