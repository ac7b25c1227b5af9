"""Data loss prevention: what identifiers find in texts and files, and which templates that makes a case. Pure."""
