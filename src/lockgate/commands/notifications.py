"""`lockgate notifications`: what administrators were told, and whether their mail arrives."""

from typing import Annotated

import typer

from lockgate.bootstrap.notifications import event_mail
from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.notices import letters, preview, rules, sent, tokens
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.errors import ConfigurationError
from lockgate.notifications.events import TITLES
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import Notifications

notifications_app = typer.Typer(help="What administrators and people are told by mail.", no_args_is_help=True)
for one in (rules, tokens, preview, letters):
    notifications_app.command()(one)


@notifications_app.command("list")
def show(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, from the newest on.")] = 20,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show what administrators were told, the newest first."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        told = Notifications(unit).newest(limit=limit)
    if json:
        print_json([one.notification for one in told])
        return
    found = (one.notification for one in told)
    rows = ((f"{one.at:%Y-%m-%d %H:%M}", one.organisation or "-", TITLES[one.kind], one.text) for one in found)
    print_table(("When", "Organisation", "What", "Text"), rows)


@notifications_app.command()
def mails(settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show the newest mails to administrators, and what became of them. Exit status 1 when one waits."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        newest = Letters(unit).newest()
    if json:
        print_json([
            {
                "id": one.id, "subject": one.subject, "recipients": one.recipients, "made_at": one.made_at,
                "sent_at": one.sent_at, "attempts": one.attempts, "problem": one.problem,
            }
            for one in newest
        ])  # fmt: skip
    else:
        rows = ((f"{one.made_at:%Y-%m-%d %H:%M}", one.subject, sent(one.sent_at), one.problem) for one in newest)
        print_table(("Written", "Subject", "Sent", "Problem"), rows)
    if any(one.sent_at is None for one in newest):
        raise typer.Exit(1)


@notifications_app.command()
def test(settings: SettingsFile = None) -> None:
    """Send a test mail to the administrators; a controller delivers it."""
    with open_parts(quiet_settings(settings)) as parts:
        writing = event_mail(parts)
        if writing is None:
            raise ConfigurationError("Nobody is to be told: set notifications.recipients, sender and a mail server.")
        writing.test(operator(parts.clock).name)
    remark("The test mail is on its way. See what became of it with `lockgate notifications mails`.")
