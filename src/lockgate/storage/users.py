"""Accounts of the console: roles, password hashes, and the counter that locks an account that is being guessed at.

Rule: who may do what is the console's to decide; here nobody can take the last administrator away.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog, Author, Document
from lockgate.storage.schema.administration import accounts, sessions
from lockgate.storage.unit_of_work import Unit

FAILURES = 5  # wrong passwords in a row until an account is locked
LOCKED = timedelta(minutes=15)


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Account:
    """One person who signs in."""

    id: str
    name: str
    password_hash: str = field(repr=False)
    role: Role
    enabled: bool
    created_at: datetime
    failures: int = 0
    locked_until: datetime | None = None
    last_sign_in_at: datetime | None = None

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
        return [_account(row) for row in self._connection.execute(select(accounts).order_by(accounts.c.name_folded))]

    def add(self, account_id: str, name: str, password_hash: str, role: Role, author: Author) -> Account:
        """A new account; raises InvalidInput when the name is taken or empty."""
        if not name.strip():
            raise InvalidInput("Give the account a name.")
        row = {
            "id": account_id,
            "name": name.strip(),
            "name_folded": name.strip().casefold(),
            "password_hash": password_hash,
            "role": role.value,
            "enabled": True,
            "created_at": author.at,
            "failures": 0,
        }
        try:
            self._connection.execute(insert(accounts).values(row))
        except IntegrityError:
            raise InvalidInput("There is an account with this name already.") from None
        self._audit("account.add", row["name"], author, {}, {"role": role.value})
        return Account(account_id, name.strip(), password_hash, role, True, author.at)

    def set_role(self, account_id: str, role: Role, author: Author) -> None:
        """Change what an account may do; raises InvalidInput for the last administrator."""
        account = self._existing(account_id)
        self._change(account, role=role.value)
        self._audit("account.role", account.name, author, {"role": account.role.value}, {"role": role.value})

    def set_enabled(self, account_id: str, enabled: bool, author: Author) -> None:
        """Let an account in or shut it out, ending its sessions; raises InvalidInput for the last administrator."""
        account = self._existing(account_id)
        self._change(account, enabled=enabled, failures=0, locked_until=None)
        if not enabled:
            self._connection.execute(sessions.delete().where(sessions.c.account_id == account_id))
        self._audit("account.enable" if enabled else "account.disable", account.name, author, {}, {})

    def set_password(self, account_id: str, password_hash: str, author: Author) -> None:
        """A new password; all sessions of the account end and a lock is lifted."""
        account = self._existing(account_id)
        self._change(account, password_hash=password_hash, failures=0, locked_until=None)
        self._connection.execute(sessions.delete().where(sessions.c.account_id == account_id))
        self._audit("account.password", account.name, author, {}, {})

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
        admins = select(func.count()).where(accounts.c.role == Role.ADMIN.value, accounts.c.enabled)
        if self._connection.execute(admins).scalar_one() == 0:
            raise InvalidInput("This is the last administrator; make somebody else one first.")

    def _audit(self, act: str, name: object, author: Author, before: Document, after: Document) -> None:
        entry = AuditEntry(author.at, author.name, act, f"account {name}", "", author.peer, before, after)
        AuditLog(self._unit).record(entry)

    def _one(self, condition: object) -> Account | None:
        row = self._connection.execute(select(accounts).where(condition)).one_or_none()  # type: ignore[arg-type]
        return None if row is None else _account(row)


def _account(row: Row[tuple[object, ...]]) -> Account:
    plain = {name: row._mapping[name] for name in Account.__slots__}
    return Account(**plain | {"role": Role(plain["role"])})
