"""The click log: written by the link service, searched by administrators, forgotten after its time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select

from lockgate.model.access import Scope
from lockgate.model.clicks import Click, ClickOutcome, LinkVerdict
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.searching import PAGE, Cursor, behind, within
from lockgate.storage.unit_of_work import Unit

AnyRow = Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class ClickFilter:
    """What to look for; empty fields ask for nothing. `until` is exclusive."""

    tenant_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    recipient: str = ""  # an address or a part of one
    readers: frozenset[str] = frozenset()  # references that stand for the recipient, whose name may not be known
    site: str = ""  # a host, with everything below it
    verdict: LinkVerdict | None = None
    outcome: ClickOutcome | None = None
    message_id: str = ""
    scope: Scope = None


class Clicks:
    """The log, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def add(self, click: Click) -> None:
        """Keep it."""
        self._connection.execute(insert(clicks).values({name: getattr(click, name) for name in Click.__slots__}))

    def search(self, wanted: ClickFilter, *, after: Cursor | None = None, limit: int = PAGE) -> list[Click]:
        """Matching clicks, the newest first."""
        query = select(clicks).where(*_conditions(wanted))
        query = query.order_by(clicks.c.at.desc(), clicks.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(behind(clicks.c.at, clicks.c.id, after))
        return [_click(row) for row in self._connection.execute(query)]

    def following(
        self, after: Cursor | None, until: datetime, *, limit: int = PAGE, scope: Scope = None
    ) -> list[Click]:
        """Clicks behind `after` and before `until`, the oldest first: for those who follow the log."""
        table = clicks.c
        query = select(clicks).where(table.at < until, *within(table.tenant_id, scope))
        if after is not None:
            query = query.where(or_(table.at > after.at, and_(table.at == after.at, table.id > after.id)))
        return [_click(row) for row in self._connection.execute(query.order_by(table.at, table.id).limit(limit))]


def _conditions(wanted: ClickFilter) -> Iterator[ColumnElement[bool]]:
    table = clicks.c
    yield from within(table.tenant_id, wanted.scope)
    for column, value in ((table.tenant_id, wanted.tenant_id), (table.message_id, wanted.message_id)):
        if value:
            yield column == value
    if wanted.since is not None:
        yield table.at >= wanted.since
    if wanted.until is not None:
        yield table.at < wanted.until
    if wanted.verdict is not None:
        yield table.verdict == wanted.verdict.value
    if wanted.outcome is not None:
        yield table.outcome == wanted.outcome.value
    if wanted.site:
        site = wanted.site.strip().lower()
        yield or_(table.host == site, table.host.endswith(f".{site}", autoescape=True))
    if wanted.recipient:
        yield _of(wanted.recipient.strip().lower(), wanted.readers)


def _of(recipient: str, readers: Collection[str]) -> ColumnElement[bool]:
    named = clicks.c.rcpt_to.contains(recipient, autoescape=True)
    return or_(named, clicks.c.reader.in_(sorted(readers))) if readers else named


def _click(row: AnyRow) -> Click:
    plain = {name: row._mapping[name] for name in Click.__slots__}
    plain["verdict"], plain["outcome"] = LinkVerdict(plain["verdict"]), ClickOutcome(plain["outcome"])
    return Click(**plain)
