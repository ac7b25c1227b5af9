"""The mail path: reception, enrichment, inspection, disposition. Read `pipeline.py` first."""
