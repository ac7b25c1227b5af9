"""Reports: made on request, planned, kept for download, and how they look."""
