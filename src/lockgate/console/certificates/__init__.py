"""The certificates that this installation lives by, and the renewal of the one that Microsoft knows us by."""
