"""Accounts of the console: roles, password hashes, and the counter that locks an account that is being guessed at.

Rule: who may do what is the console's to decide; here nobody can take the last administrator of everything away who can
sign in with a password: when Microsoft cannot be reached, that is the way in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from lockgate.model.access import EVERYWHERE, Access, Role
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog, Author, Document
from lockgate.storage.schema.administration import account_roles, accounts, microsoft_accounts, sessions
from lockgate.storage.unit_of_work import Unit

__all__ = ["Account", "MicrosoftAccount", "Role", "Users", "require_an_administrator"]
FAILURES = 5  # wrong passwords in a row until an account is locked
LOCKED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MicrosoftAccount:
    """The account at Microsoft that somebody may sign in with. `name` is for people to read and decides nothing."""

    tenant_id: str
    user_id: str  # object id; with the tenant the one stable key (microsoft-365.md §1.6)
    name: str
    proved_at: datetime | None = None  # the last sign-in with it; None: not yet


@dataclass(frozen=True, slots=True)
class Account:
    """One person who signs in."""

    id: str
    name: str
    password_hash: str = field(repr=False)
    enabled: bool
    created_at: datetime
    failures: int = 0
    locked_until: datetime | None = None
    last_sign_in_at: datetime | None = None
    password_allowed: bool = True
    access: Access = field(default_factory=Access)
    microsoft: MicrosoftAccount | None = None

    def is_locked(self, now: datetime) -> bool:
        """Whether signing in is refused at this moment because of wrong passwords."""
        return self.locked_until is not None and now < self.locked_until


class Users:
    """The accounts, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def by_name(self, name: str) -> Account | None:
        """The account that signs in as `name`; case does not matter."""
        return self._one(accounts.c.name_folded == name.strip().casefold())

    def get(self, account_id: str) -> Account | None:
        """The account with this id."""
        return self._one(accounts.c.id == account_id)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return self._accounts()

    def add(
        self, account_id: str, name: str, password_hash: str, role: Role, author: Author,
        organisations: Sequence[str] = (EVERYWHERE,), *, password_allowed: bool = True,
    ) -> Account:  # fmt: skip
        """A new account with this role in these organisations; raises InvalidInput when the name is taken or empty."""
        if not name.strip():
            raise InvalidInput("Give the account a name.")
        if not organisations:
            raise InvalidInput("Choose at least one organisation for the account.")
        row = {
            "id": account_id,
            "name": name.strip(),
            "name_folded": name.strip().casefold(),
            "password_hash": password_hash,
            "enabled": True,
            "created_at": author.at,
            "failures": 0,
            "password_allowed": password_allowed,
        }
        try:
            self._connection.execute(insert(accounts).values(row))
        except IntegrityError:
            raise InvalidInput("There is an account with this name already.") from None
        access = Access(dict.fromkeys(organisations, role))
        given = [{"account_id": account_id, "organisation": one, "role": role.value} for one in access.roles]
        self._connection.execute(insert(account_roles), given)
        self._audit("account.add", row["name"], author, {}, {"roles": _roles(access)})
        return self._existing(account_id)

    def set_role(self, account_id: str, role: Role | None, author: Author, organisation: str = EVERYWHERE) -> None:
        """Change what an account may do in an organisation, None: nothing.

        Raises InvalidInput for the last administrator of everything.
        """
        account = self._existing(account_id)
        mine = (account_roles.c.account_id == account_id, account_roles.c.organisation == organisation)
        self._connection.execute(delete(account_roles).where(*mine))
        if role is not None:
            row = {"account_id": account_id, "organisation": organisation, "role": role.value}
            self._connection.execute(insert(account_roles).values(row))
        require_an_administrator(self._unit)
        before, after = _roles(account.access), _roles(self._existing(account_id).access)
        self._audit("account.role", account.name, author, {"roles": before}, {"roles": after})

    def set_enabled(self, account_id: str, enabled: bool, author: Author) -> None:
        """Let an account in or shut it out, ending its sessions; raises InvalidInput for the last administrator."""
        account = self._existing(account_id)
        self._change(account, enabled=enabled, failures=0, locked_until=None)
        if not enabled:
            self._connection.execute(sessions.delete().where(sessions.c.account_id == account_id))
        self._audit("account.enable" if enabled else "account.disable", account.name, author, {}, {})

    def set_password(self, account_id: str, password_hash: str, author: Author) -> None:
        """A new password, which may be used from now on; all sessions of the account end and a lock is lifted."""
        account = self._existing(account_id)
        self._change(account, password_hash=password_hash, failures=0, locked_until=None, password_allowed=True)
        self._connection.execute(sessions.delete().where(sessions.c.account_id == account_id))
        self._audit("account.password", account.name, author, {}, {})

    def forbid_password(self, account_id: str, author: Author) -> None:
        """From now on only Microsoft lets this account in.

        Raises InvalidInput before anybody has signed in so, and for the last administrator of everything.
        """
        account = self._existing(account_id)
        if account.microsoft is None or account.microsoft.proved_at is None:
            raise InvalidInput("Sign in with Microsoft once before the password is switched off.")
        self._change(account, password_allowed=False)
        self._audit("account.password-off", account.name, author, {}, {})

    def note_failure(self, account_id: str, now: datetime) -> None:
        """Count a wrong password; FAILURES in a row lock the account for LOCKED."""
        table = accounts.c
        self._connection.execute(update(accounts).where(table.id == account_id).values(failures=table.failures + 1))
        self._connection.execute(
            update(accounts)
            .where(table.id == account_id, table.failures >= FAILURES)
            .values(failures=0, locked_until=now + LOCKED)
        )

    def note_success(self, account_id: str, now: datetime, new_hash: str | None = None) -> None:
        """Forget wrong passwords; `new_hash` replaces an outdated one."""
        values: dict[str, object] = {"failures": 0, "locked_until": None, "last_sign_in_at": now}
        if new_hash is not None:
            values["password_hash"] = new_hash
        self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))

    def _existing(self, account_id: str) -> Account:
        account = self.get(account_id)
        if account is None:
            raise InvalidInput("There is no such account any more.")
        return account

    def _change(self, account: Account, **values: object) -> None:
        self._connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
        require_an_administrator(self._unit)

    def _audit(self, act: str, name: object, author: Author, before: Document, after: Document) -> None:
        entry = AuditEntry(author.at, author.name, act, f"account {name}", "", author.peer, before, after)
        AuditLog(self._unit).record(entry)

    def _one(self, condition: ColumnElement[bool]) -> Account | None:
        return next(iter(self._accounts(condition)), None)

    def _accounts(self, *conditions: ColumnElement[bool]) -> list[Account]:
        rows = self._connection.execute(select(accounts).where(*conditions).order_by(accounts.c.name_folded)).all()
        given: dict[str, dict[str, Role]] = {}
        theirs = account_roles.c.account_id.in_([row.id for row in rows])
        for one in self._connection.execute(select(account_roles).where(theirs)):
            given.setdefault(one.account_id, {})[one.organisation] = Role(one.role)
        names = [name for name in Account.__slots__ if name not in ("access", "microsoft")]
        linked = self._linked([row.id for row in rows])
        return [
            Account(
                **{name: row._mapping[name] for name in names},
                access=Access(given.get(row.id, {})),
                microsoft=linked.get(row.id),
            )
            for row in rows
        ]

    def _linked(self, ids: Sequence[str]) -> dict[str, MicrosoftAccount]:
        table = microsoft_accounts.c
        rows = self._connection.execute(select(microsoft_accounts).where(table.account_id.in_(ids)))
        return {row.account_id: MicrosoftAccount(row.tenant_id, row.user_id, row.name, row.proved_at) for row in rows}


def require_an_administrator(unit: Unit) -> None:
    """Raise InvalidInput, and so take the unit back, when nobody is left who can put everything right by a password."""
    table = account_roles.c
    admins = select(func.count()).where(
        table.account_id == accounts.c.id, accounts.c.enabled, accounts.c.password_allowed,
        table.role == Role.ADMIN.value, table.organisation == EVERYWHERE,
    )  # fmt: skip
    if unit.connection.execute(admins).scalar_one() == 0:
        raise InvalidInput(
            "This is the last administrator who can sign in with a password, should Microsoft be away; "
            "make somebody else one first."
        )


def _roles(access: Access) -> dict[str, object]:
    return {organisation: role.value for organisation, role in sorted(access.roles.items())}
