"""Load tests of the mail path: run.py compares the gateway with Haraka and a bare sink in one run."""
