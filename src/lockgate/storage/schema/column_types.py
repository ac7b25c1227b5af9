"""Column types that mean the same on SQLite and PostgreSQL.

`Moment` keeps an instant as whole microseconds since 1970 UTC: it sorts, pages and is cut into hours by
arithmetic that both dialects share, and SQLite has no type for instants anyway.
`Words` is text from the world: PostgreSQL refuses NUL and both refuse lone surrogates, so they are replaced.
`Structure` is a record of `model` as JSON text, for what is read whole and never searched.
"""

import hashlib
import json
import re
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Dialect, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONGEST_TEXT = 20_000  # characters
HOUR = 3_600_000_000  # in the unit of Moment

Identifier = String(64)  # ids of ours, tenant GUIDs, detector ids


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
    """Text that came from outside; made storable on its way in, and cut where nobody would read on."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        return None if value is None else storable(value)[:LONGEST_TEXT]


class Key(TypeDecorator[str]):
    """Text from outside in an index. An overlong one is stored as its beginning and a digest of the whole.

    PostgreSQL refuses index entries above 2,704 bytes, and a header field must not be able to make a commit fail.
    """

    impl = Text
    cache_ok = True

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        return None if value is None else self.stored(value)

    def stored(self, value: str) -> str:
        """What `value` is stored as."""
        text = storable(value)
        if len(text) <= self.longest:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{text[: self.longest - len(digest) - 1]}#{digest}"


class Structure(TypeDecorator[Any]):
    """A value of `form` (records of `model`, tuples of them) as JSON text; it comes back as the same records.

    `storable` is applied inside, because JSON would carry a lone surrogate to where it cannot be stored.
    """

    impl = Text
    cache_ok = True

    def __init__(self, form: Hashable) -> None:
        super().__init__()
        self.form = form
        self._adapter: TypeAdapter[Any] = TypeAdapter(cast("type[Any]", form))

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002 - as above
        if value is None:
            return None
        try:
            return self._adapter.dump_json(value).decode()
        except ValueError:
            return json.dumps(_storable_inside(self._adapter.dump_python(value, mode="json")))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - as above
        return None if value is None else self._adapter.validate_json(value)


class Terms(TypeDecorator[frozenset[str]]):
    """A set of terms to search for: a `tsvector` without places on PostgreSQL, text with blanks around on SQLite."""

    impl = Text
    cache_ok = True
    in_revision = "sa.Text().with_variant(postgresql.TSVECTOR(), 'postgresql')"
    _LEXEME = re.compile(r"'((?:[^']|'')*)'")

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        terms = sorted(value)
        return " ".join(map(lexeme, terms)) if dialect.name == "postgresql" else f" {' '.join(terms)} "

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str] | None:
        if value is None:
            return None
        if dialect.name != "postgresql":
            return frozenset(value.split())
        return frozenset(one.replace("''", "'") for one in self._LEXEME.findall(value))


def lexeme(term: str) -> str:
    """A term as PostgreSQL reads it in a `tsvector` or `tsquery` (documentation, 8.11)."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _storable_inside(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable_inside(item) for item in value]
        case dict():
            return {key: _storable_inside(item) for key, item in value.items()}
        case _:
            return value
