"""Which account at Microsoft may sign in as which of ours.

Rule: an account at Microsoft is its tenant and object id and nothing else, opens at most one account of ours, and
brings no role with it. Whoever has no other way in keeps this one.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog, Author, Document
from lockgate.storage.schema.administration import accounts, microsoft_accounts, sessions
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.users import Account, MicrosoftAccount, Users


class MicrosoftLinks:
    """The links, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def account_of(self, tenant_id: str, user_id: str) -> Account | None:
        """Whom of ours this account at Microsoft opens, whether they may come in or not."""
        table = microsoft_accounts.c
        query = select(table.account_id).where(table.tenant_id == tenant_id, table.user_id == user_id)
        found = self._connection.execute(query).scalar()
        return None if found is None else Users(self._unit).get(found)

    def link(self, account_id: str, linked: MicrosoftAccount, author: Author) -> None:
        """Let it sign in, instead of another one before, whose sessions end with that.

        Raises InvalidInput when it opens another account already.
        """
        account = self._existing(account_id)
        before = account.microsoft
        if before is not None and (before.tenant_id, before.user_id) != (linked.tenant_id, linked.user_id):
            self._connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        self._connection.execute(delete(microsoft_accounts).where(microsoft_accounts.c.account_id == account_id))
        row = {
            "account_id": account_id, "tenant_id": linked.tenant_id, "user_id": linked.user_id, "name": linked.name,
            "proved_at": linked.proved_at,
        }  # fmt: skip
        try:
            self._connection.execute(insert(microsoft_accounts).values(row))
        except IntegrityError:
            raise InvalidInput("This Microsoft account is linked with another account of the console.") from None
        self._audit("account.microsoft-link", account, author, _said(before), _said(linked))

    def unlink(self, account_id: str, author: Author) -> None:
        """It lets nobody in any more, and all sessions end. Raises InvalidInput when it is the only way in."""
        account = self._existing(account_id)
        if not account.password_allowed:
            raise InvalidInput(f"{account.name} has no other way in: set a new password first.")
        self._connection.execute(delete(microsoft_accounts).where(microsoft_accounts.c.account_id == account_id))
        self._connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        self._audit("account.microsoft-unlink", account, author, _said(account.microsoft), {})

    def note_sign_in(self, account_id: str, now: datetime, name: str) -> None:
        """Somebody has proved to Microsoft that they are who this is linked with."""
        mine = microsoft_accounts.c.account_id == account_id
        self._connection.execute(update(microsoft_accounts).where(mine).values(proved_at=now, name=name))
        self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(last_sign_in_at=now))

    def _existing(self, account_id: str) -> Account:
        account = Users(self._unit).get(account_id)
        if account is None:
            raise InvalidInput("There is no such account any more.")
        return account

    def _audit(self, act: str, account: Account, author: Author, before: Document, after: Document) -> None:
        entry = AuditEntry(author.at, author.name, act, f"account {account.name}", "", author.peer, before, after)
        AuditLog(self._unit).record(entry)


def _said(linked: MicrosoftAccount | None) -> Document:
    return {} if linked is None else {"tenant": linked.tenant_id, "user": linked.user_id, "name": linked.name}
