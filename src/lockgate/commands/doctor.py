"""`lockgate doctor`: is this installation fit to run? Each answer says what to do."""

import asyncio

import typer

from lockgate.bootstrap.fitness import Grade, examine
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings


def doctor(settings: SettingsFile = None, json: AsJson = False) -> None:
    """Check settings, certificates, ports, DNS, Microsoft's hosts and what waits. Exit status 1 when one fails."""
    answers = asyncio.run(examine(quiet_settings(settings)))
    if json:
        print_json(answers)
    else:
        rows = ((one.grade.value, one.question, one.detail, one.fix) for one in answers)
        print_table(("", "Question", "Answer", "What to do"), rows)
    if any(one.grade is Grade.FAIL for one in answers):
        raise typer.Exit(1)
