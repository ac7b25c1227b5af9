"""What sender authentication says."""
