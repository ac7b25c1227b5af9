"""`lockgate notifications` for an organisation's own: rules and words as a file, previews, tests, letters."""

import json as json_format
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.notices import previews
from lockgate.bootstrap.notifications import writer
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.errors import InvalidInput
from lockgate.model.notice import Audience
from lockgate.notifications.notices.previews import Wanted
from lockgate.notifications.notices.settings import NoticeRule, save_settings, settings_of
from lockgate.notifications.notices.texts import text_for
from lockgate.notifications.notices.tokens import OF_MANY, TOKENS
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Notices

Template = Annotated[str, typer.Option("--text", help="The id of a text; empty: the usual one for the audience.")]
For = Annotated[Audience, typer.Option("--for", help="Who would read it.")]
Language = Annotated[str, typer.Option(help="Of en, de, fr, es, ja.")]
Message = Annotated[str, typer.Option(help="Id of a past message in the trace; empty: an invented one.")]


def rules(
    file: Annotated[Path | None, typer.Option(help="Replace all of it by this file, as --json prints it.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show whom an organisation tells of what becomes of messages, or replace it by a file."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = _tenant(parts, organisation)
        with parts.database.read() as unit:
            found, seen = settings_of(unit, tenant_id)
        if file is not None:
            wanted = _read(file)
            _, version = save_settings(parts.database, tenant_id, wanted, operator(parts.clock), seen=seen)
            remark(f"Version {version} is in force.")
            return
    if json:
        typer.echo(found.model_dump_json())
        return
    print_table(("Id", "Notification", "Of", "To", "How"), (_row(one) for one in found.rules))


def tokens(json: AsJson = False) -> None:
    """Show what texts may name between double braces."""
    if json:
        print_json(TOKENS | OF_MANY)
        return
    print_table(("Token", "Stands for"), ((f"{{{{{name}}}}}", what) for name, what in (TOKENS | OF_MANY).items()))


def preview(
    text: Template = "",
    audience: For = Audience.ADMINISTRATORS,
    language: Language = "en",
    message: Message = "",
    send_to: Annotated[str, typer.Option(help="Send it to this address too; a controller delivers it.")] = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show a letter of an invented message or of a past one, and send it as a test."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = _tenant(parts, organisation)
        with parts.database.read() as unit:
            known, _ = settings_of(unit, tenant_id)
        wanted = Wanted(text_for(known, text or audience.value, audience, language), audience, language, message)
        shower = previews(parts, writer(parts))
        told = shower.show(tenant_id, wanted).told
        if send_to:
            shower.send(tenant_id, wanted, send_to, operator(parts.clock))
            remark(f"The letter to {send_to} is on its way.")
    if json:
        print_json(told)
    else:
        typer.echo(f"Subject: {told.subject}\n\n{told.text}")


def letters(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, from the newest on.")] = 20,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show the letters that an organisation's notifications wrote last, and what became of them."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = _tenant(parts, organisation)
        with parts.database.read() as unit:
            found = Letters(unit).among(Notices(unit).newest_letters(tenant_id, limit))
    shown = [
        {
            "id": one.id, "recipients": one.recipients, "subject": one.subject, "made_at": one.made_at,
            "sent_at": one.sent_at, "attempts": one.attempts, "problem": one.problem,
        }
        for one in found
    ]  # fmt: skip
    if json:
        print_json(shown)
        return
    rows = (
        (f"{one.made_at:%Y-%m-%d %H:%M}", ", ".join(one.recipients), one.subject, sent(one.sent_at), one.problem)
        for one in found
    )
    print_table(("Written", "To", "Subject", "Sent", "Problem"), rows)


def sent(at: datetime | None) -> str:
    """The moment for a table."""
    return f"{at:%Y-%m-%d %H:%M}" if at else "not yet"


def _tenant(parts: Parts, organisation: str) -> str:
    tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
    if not tenant_id:
        raise InvalidInput("There is no organisation yet.")
    return tenant_id


def _read(file: Path) -> object:
    try:
        return json_format.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error


def _row(one: NoticeRule) -> tuple[str, ...]:
    about = [one.direction or "", *one.filters, *sorted(one.verdicts), *sorted(one.outcomes), *one.policies, *one.rules]
    who = [*one.administrators, *["recipients"] * one.recipient, *["senders"] * one.sender]
    how = f"together, {one.minutes} minutes" + (f" or {one.events} messages" if one.events else "")
    name = one.name if one.enabled else f"{one.name} (off)"
    return one.id, name, ", ".join(filter(None, about)), ", ".join(who), how if one.minutes else "one by one"
