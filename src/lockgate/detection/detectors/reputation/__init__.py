"""What lists say: the organisation's own, feeds that it takes, and lists in the DNS."""
