"""`lockgate settings show`: every start-up setting, its value and where the value came from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from lockgate.settings import with_origins

settings_app = typer.Typer(help="Start-up settings.", no_args_is_help=True)


@settings_app.callback()
def _settings() -> None:
    """Start-up settings."""


@settings_app.command()
def show(
    settings: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print every setting with its origin: default, environment, or the file's name."""
    values, origins = with_origins(settings)
    rows = [(name, value, origins.get(name, "default")) for name, value in _flat(values)]
    if json_output:
        typer.echo(json.dumps({name: {"value": str(value), "origin": origin} for name, value, origin in rows}))
        return
    table = Table("Setting", "Value", "Origin")
    for name, value, origin in rows:
        table.add_row(name, str(value), origin)
    Console().print(table)


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
