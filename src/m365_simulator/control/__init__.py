"""The control API of the simulation itself: what a test or a demo may look at and change."""
