"""Content that no record names: left by a writer that died between the content and its record.

Rule: only what is older than a day is touched, so that a record still on its way is never overtaken.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select, union

from lockgate.storage.blobs import Blobs
from lockgate.storage.schema.custody import held, outbox
from lockgate.storage.schema.feedback import feedback
from lockgate.storage.schema.user_reports import user_reports
from lockgate.storage.unit_of_work import Database

GRACE = timedelta(days=1)
AT_ONCE = 200  # keys asked about in one query


def sweep_orphans(database: Database, blobs: Blobs, now: datetime) -> int:
    """Delete orphans; how many there were. Raises TemporaryError when the store or the database is away."""
    swept = 0
    for keys in _in_groups(blobs.older_than(now - GRACE)):
        for key in keys - _named(database, keys):
            blobs.delete(key)
            swept += 1
    return swept


def _named(database: Database, keys: set[str]) -> set[str]:
    """Those of `keys` that a record names."""
    query = union(
        select(held.c.blob.label("blob")).where(held.c.blob.in_(keys)),
        select(outbox.c.blob.label("blob")).where(outbox.c.blob.in_(keys)),
        select(feedback.c.blob.label("blob")).where(feedback.c.blob.in_(keys)),
        select(user_reports.c.blob.label("blob")).where(user_reports.c.blob.in_(keys)),
    )
    with database.read() as unit:
        return set(unit.connection.execute(query).scalars())


def _in_groups(keys: Iterable[str]) -> Iterator[set[str]]:
    iterator = iter(keys)
    while group := set(islice(iterator, AT_ONCE)):
        yield group
