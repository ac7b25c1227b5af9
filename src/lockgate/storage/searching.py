"""What searches over trace and quarantine share: a page by key, words in a subject, an address on any side.

Paging is by the last row seen, not by number, so that page 1,000 costs what page 1 costs and nothing shifts while
mail arrives.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, and_, or_

from lockgate.model.access import Scope
from lockgate.model.errors import InvalidInput
from lockgate.storage.schema.column_types import to_moment, to_number

PAGE = 50
WORDS_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page; the next page begins behind it."""

    at: datetime
    id: str

    def __str__(self) -> str:
        return f"{to_number(self.at)}.{self.id}"


def cursor_from(text: str) -> Cursor:
    """The cursor that `str` made; raises InvalidInput."""
    number, _, identity = text.partition(".")
    if not re.fullmatch(r"\d{1,18}", number) or not identity:
        raise InvalidInput("This page address is damaged; start the search again.")
    return Cursor(to_moment(int(number)), identity)


def behind(at: Column[datetime], identity: Column[str], cursor: Cursor) -> ColumnElement[bool]:
    """Rows that come after `cursor` when the newest comes first."""
    return or_(at < cursor.at, and_(at == cursor.at, identity < cursor.id))


def within(column: Column[str], scope: Scope) -> Iterator[ColumnElement[bool]]:
    """The condition that a row's organisation is one of these; none when every organisation is."""
    if scope is not None:
        yield column.in_(sorted(scope))


def words_in(column: Column[str], words: str) -> Iterator[ColumnElement[bool]]:
    """One condition per word: the folded column contains it."""
    for word in words.casefold().split()[:WORDS_AT_MOST]:
        yield column.contains(word, autoescape=True)


def address_in(columns: Sequence[Column[str]], address: str) -> ColumnElement[bool]:
    """A whole address is looked up in the index; anything else may be a part of one."""
    wanted = address.strip().casefold()
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", wanted):
        return or_(*(column == wanted for column in columns))
    return or_(*(column.contains(wanted, autoescape=True) for column in columns))
