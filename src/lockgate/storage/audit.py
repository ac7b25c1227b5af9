"""The audit log: append only.

Rule: the entry is written in the unit that makes the change, so that neither is without the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, false, insert, select

from lockgate.model.access import Scope
from lockgate.storage.dialects import Dialect
from lockgate.storage.schema.audit import audit_log
from lockgate.storage.search_words import asked_words, words_of
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

Document = Mapping[str, object]  # values that JSON knows
PAGE = 100
MOST_WORDS = 5_000  # of one entry; a policy has some hundreds


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something, when, and from which address. `name` is an account's, or `system`."""

    name: str
    at: datetime
    peer: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `actor` is an account's name or `system`; `act` such as `quarantine.release`; `subject` an id.

    `before` and `after` hold what changed, without secrets.
    """

    at: datetime
    actor: str
    act: str
    subject: str
    tenant_id: str = ""
    peer: str = ""  # the address that the actor came from
    before: Document = field(default_factory=dict)
    after: Document = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; empty fields ask for nothing. `until` is exclusive."""

    tenant_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""  # a name or a part of one
    act: str = ""  # such as `policy.save`; one that ends with a full stop stands for all that begin with it
    subject: str = ""
    words: str = ""  # all of them, or their beginnings, in the act, the subject, and what was before and after
    scope: Scope = None


class AuditLog:
    """The entries, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def record(self, entry: AuditEntry) -> None:
        """Append `entry`; its number is given by the database."""
        self._connection.execute(
            insert(audit_log).values(
                **self._unit.dialect.numbered(audit_log.c.number),
                at=entry.at,
                actor=entry.actor,
                act=entry.act,
                subject=entry.subject,
                tenant_id=entry.tenant_id,
                peer=entry.peer,
                before=dict(entry.before),
                after=dict(entry.after),
                search=frozenset(islice(_words(entry), MOST_WORDS)),
            )
        )

    def search(self, wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE) -> list[AuditEntry]:
        """Matching entries, the newest first. `before` is the number of the last entry of the page before."""
        columns = [one for one in audit_log.c if one is not audit_log.c.search]
        query = select(*columns).where(*_conditions(wanted, self._unit.dialect))
        if before is not None:
            query = query.where(audit_log.c.number < before)
        query = query.order_by(audit_log.c.number.desc()).limit(limit)
        return [AuditEntry(**row) for row in self._connection.execute(query).mappings()]

    def newest(self, *, subject: str = "", act: str = "", limit: int = PAGE) -> list[AuditEntry]:
        """The newest entries about `subject`, or of `act`."""
        return self.search(AuditFilter(subject=subject, act=act), limit=limit)


def _conditions(wanted: AuditFilter, dialect: Dialect) -> Iterator[ColumnElement[bool]]:
    table = audit_log.c
    yield from within(table.tenant_id, wanted.scope)
    for column, value in ((table.tenant_id, wanted.tenant_id), (table.subject, wanted.subject)):
        if value:
            yield column == value
    if wanted.since is not None:
        yield table.at >= wanted.since
    if wanted.until is not None:
        yield table.at < wanted.until
    if wanted.actor:
        yield table.actor.icontains(wanted.actor, autoescape=True)
    if wanted.act:
        yield table.act.startswith(wanted.act, autoescape=True) if wanted.act[-1] == "." else table.act == wanted.act
    if terms := tuple(asked_words(wanted.words)):
        yield dialect.finds(table.search, terms)
    elif wanted.words.strip():
        yield false()  # nothing but signs that no word is made of


def _words(entry: AuditEntry) -> Iterator[str]:
    for text in (entry.act, entry.subject, *_texts(entry.before), *_texts(entry.after)):
        yield from words_of(text)


def _texts(value: object) -> Iterator[str]:
    """Names and values of a document, to any depth."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield str(name)
                yield from _texts(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from _texts(inner)
        case None | bool():
            return
        case _:
            yield str(value)
