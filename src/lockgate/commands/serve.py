"""`lockgate serve`: gateway, controller and console in one process tree, or one role on a node of its own."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from lockgate.bootstrap.roles import run_everything, run_role
from lockgate.bootstrap.supervisor import Role
from lockgate.settings import read_settings
from lockgate.telemetry import configure_logging

alone = typer.Typer(help="Inline e-mail protection for Exchange Online.", add_completion=False)


@alone.callback()
def verbs() -> None:
    """So that `serve` keeps its name, though it is the only verb."""


@alone.command()
def serve(
    role: Annotated[Role | None, typer.Option(help="Only this role; default: all of them.")] = None,
    settings: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Protect the tenants that were granted, until SIGTERM or SIGINT."""
    values = read_settings(settings)
    configure_logging(values.log_level, values.log_format)
    if role is None:
        uvloop.run(run_everything(values, settings))
    else:
        uvloop.run(run_role(values, role, supervised=supervised))
