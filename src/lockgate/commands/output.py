"""What commands print: a table for people, JSON for programs; and the options that many commands share.

Rule: what programs read goes to standard output alone; progress and remarks go to standard error.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lockgate.settings import Settings, read_settings
from lockgate.telemetry import configure_logging

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="Settings file (TOML).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return at once; a controller does the work.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def quiet_settings(file: Path | None) -> Settings:
    """The settings, with a log that only tells of trouble."""
    settings = read_settings(file)
    configure_logging("error", settings.log_format)
    return settings


def print_json(value: object) -> None:
    """One JSON document; dataclasses, times and enumerations as pydantic writes them."""
    typer.echo(json.dumps(TypeAdapter(object).dump_python(value, mode="json"), ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows for people; nothing in a cell is taken for markup."""
    table = Table(*headings, box=box.SIMPLE)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console().print(table)


def remark(text: str) -> None:
    """A line for the person at the terminal."""
    typer.echo(text, err=True)
