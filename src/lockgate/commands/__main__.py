"""`lockgate`, and `python -m lockgate.commands`, which is the same.

`serve` is told apart before the other verbs are read: the processes of its tree start together, and what they import
is most of the time until mail is accepted.
"""

import sys

from lockgate.commands.ending import run


def main() -> None:
    """Entry point."""
    if sys.argv[1:2] == ["serve"]:
        from lockgate.commands.serve import alone

        run(alone)
    else:
        from lockgate.commands.app import app

        run(app)


if __name__ == "__main__":
    main()
