"""The catalogue of detectors, made from code."""
