"""Bytes to `Message` and the few changes that we make to bytes. Pure; never raises on what a sender wrote."""
