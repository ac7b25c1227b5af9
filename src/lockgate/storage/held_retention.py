"""How long held messages are kept, by what their organisation wants for the reason that holds them.

Rule: a record says itself until when its message is kept, so whoever changes that writes it there. What is held already
is given a new end only when the administrator says so, and then never one sooner than a day from now.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from lockgate.model.custody import Held
from lockgate.model.end_user import reason_for, reason_of
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import OwnRetention
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.schema.custody import held
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

NOTICE = timedelta(days=1)  # before something ends that was to be kept for longer
HeldFor = Callable[[Unit, Held], timedelta]


def held_for_by(vault: Vault, usual: timedelta) -> HeldFor:
    """How long a message is kept; `usual` where its organisation says nothing."""

    def held_for(unit: Unit, item: Held) -> timedelta:
        return retention_of(unit, vault, item.tenant_id).held_for(reason_of(item), usual)

    return held_for


def retention_of(unit: Unit, vault: Vault, tenant_id: str) -> OwnRetention:
    """What the organisation wants; nothing of its own when it is not known."""
    known = [one for one in ServiceAccounts(unit, vault).all() if one.tenant_id == tenant_id]
    active = [one for one in known if one.status is not AccountStatus.REVOKED]
    return (active or known)[0].retention if known else OwnRetention()


def save_retention(
    unit: Unit,
    vault: Vault,
    account_id: str,
    wanted: OwnRetention,
    author: Author,
    *,
    held_too: timedelta | None = None,
) -> int:
    """Keep what an organisation wants, with its audit entry; how many held messages were given another end.

    `held_too` is how long mail is kept where it says nothing; with it what is held already is given its new end.
    """
    accounts = ServiceAccounts(unit, vault)
    before = accounts.get(account_id)
    accounts.change(account_id, lambda now: replace(now, retention=wanted))
    dated = 0 if held_too is None else _date_anew(unit, before, wanted, held_too, author.at)
    after = {**_plain(wanted), "messages_dated_anew": dated}
    entry = AuditEntry(
        author.at, author.name, "account.retention", account_id, before.tenant_id, author.peer,
        _plain(before.retention), after,
    )  # fmt: skip
    AuditLog(unit).record(entry)
    return dated


def save_letting_go(unit: Unit, vault: Vault, account_id: str, author: Author, *, on: bool) -> None:
    """Keep whether held mail that later verdicts call clean is released by itself, with its audit entry."""
    accounts = ServiceAccounts(unit, vault)
    before = accounts.get(account_id)
    accounts.change(account_id, lambda now: replace(now, lets_go=on))
    entry = AuditEntry(
        author.at, author.name, "account.letting-go", account_id, before.tenant_id, author.peer,
        {"lets_go": before.lets_go}, {"lets_go": on},
    )  # fmt: skip
    AuditLog(unit).record(entry)


def _date_anew(unit: Unit, account: ServiceAccount, wanted: OwnRetention, usual: timedelta, now: datetime) -> int:
    table = held.c
    query = select(table.id, table.verdict, table.reasons, table.held_at, table.expires_at)
    changed = []
    for row in unit.connection.execute(query.where(table.tenant_id == account.tenant_id, table.blob != "")):
        until = row.held_at + wanted.held_for(reason_for(row.verdict, row.reasons), usual)
        until = max(until, min(now + NOTICE, row.expires_at))
        if until != row.expires_at:
            changed.append({"held_id": row.id, "until": until})
    if changed:
        statement = update(held).where(table.id == bindparam("held_id")).values(expires_at=bindparam("until"))
        unit.connection.execute(statement, changed)
    return len(changed)


def _plain(retention: OwnRetention) -> dict[str, object]:
    """As the audit log keeps it."""
    return {**asdict(retention), "by_reason": {reason.value: days for reason, days in retention.by_reason.items()}}
