"""Tokens of programs: made once and shown once, with a role in one organisation or everywhere, and an end.

Rule: the database knows only digests; what a program holds cannot be read out of a backup. A token has 256 random
bits, so its digest needs no salt and no slow hash.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, insert, select

from lockgate.model.access import EVERYWHERE, Access, Role
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.schema.api_tokens import api_tokens
from lockgate.storage.unit_of_work import Unit

PREFIX = "lockgate_"  # so that scanners for leaked secrets can know one
LONGEST = timedelta(days=365)
MOST = 50


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret."""

    id: str
    name: str
    role: Role
    organisation: str  # a tenant id, or EVERYWHERE
    created_at: datetime
    created_by: str
    expires_at: datetime

    @property
    def access(self) -> Access:
        """What it may do, and where."""
        return Access({self.organisation: self.role})


@dataclass(frozen=True, slots=True)
class NewApiToken:
    """What is shown once."""

    token: ApiToken
    secret: str = field(repr=False)


class ApiTokens:
    """The tokens, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def make(
        self, token_id: str, name: str, role: Role, lifetime: timedelta, author: Author, organisation: str = EVERYWHERE
    ) -> NewApiToken:
        """A new token; raises InvalidInput without a name, or when there are too many."""
        if not name.strip():
            raise InvalidInput("Give the token a name that says which program uses it.")
        if len(self.all()) >= MOST:
            raise InvalidInput(f"There are {MOST} tokens already; revoke one that is not used any more.")
        secret = PREFIX + secrets.token_urlsafe(32)
        ends = author.at + min(lifetime, LONGEST)
        token = ApiToken(token_id, name.strip(), role, organisation, author.at, author.name, ends)
        row = {name: getattr(token, name) for name in ApiToken.__slots__} | {"role": role.value}
        self._connection.execute(insert(api_tokens).values(row | {"token_hash": _digest(secret)}))
        self._audit("token.make", token, author)
        return NewApiToken(token, secret)

    def find(self, secret: str, now: datetime) -> ApiToken | None:
        """The living token; None otherwise."""
        query = select(api_tokens).where(api_tokens.c.token_hash == _digest(secret), api_tokens.c.expires_at > now)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _token(row)

    def all(self) -> list[ApiToken]:
        """Every token, the newest first."""
        query = select(api_tokens).order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
        return [_token(row) for row in self._connection.execute(query)]

    def revoke(self, token_id: str, author: Author) -> ApiToken:
        """End a token; raises InvalidInput when it is gone."""
        row = self._connection.execute(select(api_tokens).where(api_tokens.c.id == token_id)).one_or_none()
        if row is None:
            raise InvalidInput("There is no such token any more.")
        self._connection.execute(delete(api_tokens).where(api_tokens.c.id == token_id))
        token = _token(row)
        self._audit("token.revoke", token, author)
        return token

    def _audit(self, act: str, token: ApiToken, author: Author) -> None:
        after = {"role": token.role.value, "expires_at": token.expires_at.isoformat()}
        entry = AuditEntry(author.at, author.name, act, f"token {token.name}", "", author.peer, {}, after)
        AuditLog(self._unit).record(entry)


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    plain = {name: row._mapping[name] for name in ApiToken.__slots__}
    return ApiToken(**plain | {"role": Role(plain["role"])})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
