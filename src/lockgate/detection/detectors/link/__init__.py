"""Where links lead and what they pretend."""
