"""Sessions of the console, and the one-time code that lets the first administrator in.

Rule: the database knows only digests; what the browser or the installer holds cannot be read out of a backup.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from lockgate.storage.schema.administration import accounts, bootstrap_codes, sessions
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.users import Account, Users

IDLE = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)
LONGEST = timedelta(hours=12)
CODE_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    account: Account
    csrf_token: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    def is_stale(self, now: datetime) -> bool:
        """Whether `Sessions.touch` is due; not with every request, because that would be a commit each."""
        return now - self.seen_at > TOUCH_AFTER


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser is given; `token` is shown nowhere else."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    expires_at: datetime


class Sessions:
    """The sessions, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def open(self, account_id: str, peer: str, now: datetime) -> NewSession:
        """A new session that ends after LONGEST, or IDLE without a request."""
        opened = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + LONGEST)
        self._connection.execute(
            insert(sessions).values(
                id_hash=_digest(opened.token),
                account_id=account_id,
                csrf_token=opened.csrf_token,
                peer=peer[:64],
                created_at=now,
                seen_at=now,
                expires_at=opened.expires_at,
            )
        )
        return opened

    def find(self, token: str, now: datetime) -> Session | None:
        """The living session of an account that is enabled; None otherwise. Reads only: see `Session.is_stale`."""
        table = sessions.c
        alive = (table.id_hash == _digest(token), table.expires_at > now, table.seen_at > now - IDLE)
        row = self._connection.execute(select(sessions).where(*alive)).one_or_none()
        account = None if row is None else Users(self._unit).get(row.account_id)
        if row is None or account is None or not account.enabled:
            return None
        return Session(account, row.csrf_token, row.created_at, row.seen_at, row.expires_at)

    def touch(self, token: str, now: datetime) -> None:
        """Note that the session was used now."""
        self._connection.execute(update(sessions).where(sessions.c.id_hash == _digest(token)).values(seen_at=now))

    def close(self, token: str) -> None:
        """End a session; nothing happens when it has ended."""
        self._connection.execute(delete(sessions).where(sessions.c.id_hash == _digest(token)))

    def prune(self, now: datetime) -> int:
        """Delete sessions that have ended; how many."""
        ended = (sessions.c.expires_at <= now) | (sessions.c.seen_at <= now - IDLE)
        return self._connection.execute(delete(sessions).where(ended)).rowcount


class BootstrapCodes:
    """The code that is printed at first start, in one unit of work.

    It works once, and only while nobody has an account.
    """

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def issue(self, now: datetime) -> str | None:
        """A new code, replacing any before; None when there are accounts already."""
        if self._has_accounts():
            return None
        code = "-".join(secrets.token_hex(4) for _ in range(4))
        self._connection.execute(delete(bootstrap_codes))
        self._connection.execute(
            insert(bootstrap_codes).values(code_hash=_digest(code), made_at=now, expires_at=now + CODE_LIFETIME)
        )
        return code

    def redeem(self, code: str, now: datetime) -> bool:
        """Use the code up; False when it is wrong, used, too old, or there are accounts already."""
        table = bootstrap_codes.c
        usable = (table.code_hash == _digest(code.strip()), table.used_at.is_(None), table.expires_at > now)
        statement = update(bootstrap_codes).where(*usable).values(used_at=now)
        return not self._has_accounts() and self._connection.execute(statement).rowcount == 1

    def _has_accounts(self) -> bool:
        return self._connection.execute(select(func.count()).select_from(accounts)).scalar_one() > 0


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
