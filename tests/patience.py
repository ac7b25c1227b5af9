"""How long a test waits for what ought to be there at once: a guard against hanging, never what is tested.

A machine may be slow, and many tests run at a time. `tools.lint` finds clients whose own time is shorter.
"""

PATIENCE = 60.0  # seconds
