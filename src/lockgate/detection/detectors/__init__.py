"""The detectors, one folder per family and one file per detector; `catalogue` finds them by walking here."""
