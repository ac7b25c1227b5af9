"""Identifiers and templates as people write them, in TOML.

The files that ship and an organisation's own rules are the same language; docs/data-loss.md describes it.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lockgate.detection.data_loss.fingerprints import shingles
from lockgate.model.data_loss import (
    Expression,
    Fingerprint,
    Identifier,
    Keyword,
    KeywordMode,
    Keywords,
    Need,
    Property,
    Template,
)
from lockgate.model.errors import InvalidInput

ID = r"^[a-z0-9][a-z0-9.-]{0,63}$"
SHOWN = 3  # mistakes in one answer


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, max_length=200)


class _ExpressionRow(_Row):
    pattern: str
    words: tuple[str, ...] = ()
    near: int = Field(80, ge=1, le=2_000)
    check: str = ""


class _KeywordsRow(_Row):
    words: tuple[str, ...] = ()
    scored: dict[str, int] = Field(default_factory=dict)
    mode: KeywordMode = KeywordMode.ANY
    within: int = Field(200, ge=1, le=100_000)
    threshold: int = Field(1, ge=1)


class _PropertyRow(_Row):
    field: str
    pattern: str


class _FingerprintRow(_Row):
    text: str = ""
    shingles: frozenset[int] = frozenset()
    share: float = Field(0.3, gt=0, le=1)


class _TemplateRow(_Row):
    about: str = ""
    ways: tuple[tuple[str, ...], ...] = Field(min_length=1)


RowT = TypeVar("RowT", bound=_Row)


def identifiers_in(tables: Mapping[str, object]) -> Iterator[Identifier]:
    """The identifiers of a parsed TOML text. Raises InvalidInput with a sentence that names the table."""
    for one in _rows(tables, "identifier", _ExpressionRow):
        yield Expression(one.id, one.name, one.pattern, one.words, one.near, one.check)
    for row in _rows(tables, "keywords", _KeywordsRow):
        words = (*map(Keyword, row.words), *(Keyword(text, score) for text, score in row.scored.items()))
        yield Keywords(row.id, row.name, words, row.mode, row.within, row.threshold)
    for known in _rows(tables, "property", _PropertyRow):
        yield Property(known.id, known.name, known.field, known.pattern)
    for document in _rows(tables, "fingerprint", _FingerprintRow):
        yield Fingerprint(document.id, document.name, document.shingles or shingles(document.text), document.share)


def templates_in(tables: Mapping[str, object]) -> Iterator[Template]:
    """The templates of a parsed TOML text. Raises InvalidInput with a sentence."""
    for row in _rows(tables, "template", _TemplateRow):
        yield Template(row.id, row.name, row.about, tuple(tuple(map(need, way)) for way in row.ways))


def need(text: str) -> Need:
    """A need as it is written: `identifier` or `identifier:count`. Raises InvalidInput."""
    identifier, _, count = text.partition(":")
    if not identifier or (count and not (count.isdecimal() and int(count) > 0)):
        raise InvalidInput(f"'{text}' is not a need; write it like payment-card or payment-card:3.")
    return Need(identifier, int(count or 1))


def _rows(tables: Mapping[str, object], name: str, shape: type[RowT]) -> Iterator[RowT]:
    rows = tables.get(name, [])
    if not isinstance(rows, list):
        raise InvalidInput(f"Begin each table with [[{name}]].")
    for number, row in enumerate(rows, 1):
        try:
            yield shape.model_validate(row)
        except ValidationError as error:
            told = "; ".join(_told(problem) for problem in error.errors()[:SHOWN])
            raise InvalidInput(f"{name} {_called(row, number)}: {told}.") from None


def _called(row: object, number: int) -> str:
    return f"'{row['id']}'" if isinstance(row, dict) and row.get("id") else f"number {number}"


def _told(problem: Mapping[str, object]) -> str:
    place = problem["loc"]
    return f"{'.'.join(map(str, place)) if isinstance(place, tuple) else place}: {problem['msg']}"
