"""How every command ends: exit status 2 and one sentence for an error that can be explained, a trace for any other."""

import sys
from typing import NoReturn

import typer

from lockgate.model.errors import LockgateError


def run(app: typer.Typer) -> None:
    """Run a command line until it ends the process."""
    try:
        app()
    except LockgateError as error:
        _stop(error)
    except BaseExceptionGroup as group:  # what a role's tasks raised together
        if (explained := _explained(group)) is None:
            raise
        _stop(explained)


def _explained(group: BaseExceptionGroup[BaseException]) -> LockgateError | None:
    """The one cause behind nested groups when it is ours to explain; None for anything else, which keeps its trace."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, LockgateError) else None


def _stop(error: LockgateError) -> NoReturn:
    typer.echo(f"lockgate: {error}", err=True)
    sys.exit(2)
