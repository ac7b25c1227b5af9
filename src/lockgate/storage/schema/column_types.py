"""Column types that mean the same on SQLite and PostgreSQL.

`Moment` keeps an instant as whole microseconds since 1970 UTC: it sorts, pages and is cut into hours by
arithmetic that both dialects share, and SQLite has no type for instants anyway.
`Words` is text from the world: PostgreSQL refuses NUL and both refuse lone surrogates, so they are replaced.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, String, Text, TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000  # in the unit of Moment


def to_number(moment: datetime) -> int:
    """Microseconds since 1970 UTC; raises ValueError for a datetime without a zone."""
    if moment.tzinfo is None:
        raise ValueError("An instant without a time zone cannot be stored.")
    return (moment - EPOCH) // MICROSECOND


def to_moment(number: int) -> datetime:
    """The instant that `to_number` made the number of."""
    return EPOCH + timedelta(microseconds=number)


def storable(text: str) -> str:
    """`text` without the characters that a database refuses: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


class Moment(TypeDecorator[datetime]):
    """An instant in UTC, exact to the microsecond."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy\'s
        return None if value is None else to_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy\'s
        return None if value is None else to_moment(value)


class Words(TypeDecorator[str]):
    """Text that came from outside; made storable on its way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy\'s
        return None if value is None else storable(value)


Identifier = String(64)  # ids of ours, tenant GUIDs, detector ids
