"""Writes docs/commands.md from the commands themselves, so that it is never behind them."""

import sys
from pathlib import Path

from typer.cli import get_docs_for_click
from typer.main import get_command

from lockgate.commands.app import app

FILE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
BEFORE = """<!-- Written by `make docs` from the commands; edit those. -->

Exit status: 0 done, 1 the work failed or a check did not pass, 2 the input or a setting is wrong. What programs read
goes to standard output, progress and remarks to standard error. Settings come from `--settings`, from
`LOCKGATE_SETTINGS`, or from variables such as `LOCKGATE_GATEWAY__PORT`.

"""


def reference() -> str:
    """The whole page."""
    import typer

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="lockgate")
    title, _, rest = text.partition("\n")
    lines = [line.rstrip() for line in f"{title}\n\n{BEFORE}{rest.strip()}\n".split("\n")]
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
    sys.exit(0)
