"""`lockgate quarantine retention`: how long an organisation's held messages are kept, by what holds them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, quiet_settings
from lockgate.model.end_user import Reason
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import OwnRetention
from lockgate.storage.held_retention import save_letting_go, save_retention
from lockgate.storage.service_accounts import ServiceAccounts

LONGEST = 3_650  # days


def retention(
    days: Annotated[int | None, typer.Option(min=0, max=LONGEST, help="For every reason; 0: as settings say.")] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option("--reason", metavar="REASON=DAYS", help="For one, such as malware=90; may be repeated; 0: none."),
    ] = None,
    held_too: Annotated[bool, typer.Option("--held-too", help="Also what is held; a day's notice at least.")] = False,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show or set how many days held messages are kept, also by what holds them."""
    with open_parts(quiet_settings(settings)) as parts:
        account = _account(parts, organisation)
        own = account.retention
        if days is not None:
            own = replace(own, quarantine=days or None)
        if reason:
            given = own.by_reason | dict(map(_pair, reason))
            own = replace(own, by_reason={one: number for one, number in given.items() if number})
        if own != account.retention or held_too:
            _save(parts, account, own, held_too=held_too)
        usual = parts.settings.retention.quarantine
    kept = {one.value: own.held_for(one, timedelta(days=usual)).days for one in Reason}
    if json:
        print_json(kept)
        return
    for name, number in kept.items():
        typer.echo(f"{name:<10} {number} days")


def letting_go(
    on: Annotated[bool, typer.Option("--on/--off", help="Release such mail by itself, or leave it to people.")],
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Choose whether held mail that later verdicts call clean is released by itself; malware never is."""
    with open_parts(quiet_settings(settings)) as parts:
        account = _account(parts, organisation)
        with parts.database.write() as unit:
            save_letting_go(unit, parts.vault, account.id, operator(parts.clock), on=on)
    typer.echo("Such mail is let go from now on." if on else "Held mail waits for a person.")


def _save(parts: Parts, account: ServiceAccount, own: OwnRetention, *, held_too: bool) -> None:
    usual = timedelta(days=parts.settings.retention.quarantine) if held_too else None
    with parts.database.write() as unit:
        save_retention(unit, parts.vault, account.id, own, operator(parts.clock), held_too=usual)


def _account(parts: Parts, organisation: str) -> ServiceAccount:
    tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
    with parts.database.read() as unit:
        known = [one for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id == tenant_id]
    active = [one for one in known if one.status is not AccountStatus.REVOKED]
    if not tenant_id or not active:
        raise InvalidInput("There is no such organisation with a grant.")
    return active[0]


def _pair(text: str) -> tuple[Reason, int]:
    name, _, days = text.partition("=")
    if name not in list(Reason) or not days.isdigit() or int(days) > LONGEST:
        names = ", ".join(Reason)
        raise InvalidInput(f"'{text}' is not REASON=DAYS, with days up to {LONGEST} and one of: {names}.")
    return Reason(name), int(days)
