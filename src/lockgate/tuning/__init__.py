"""What an organisation makes of detection: weights, own rules, lists, feeds, and what a change of them would do."""
