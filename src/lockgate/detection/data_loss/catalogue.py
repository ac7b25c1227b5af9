"""The identifiers and templates that ship, read once from the TOML files beside this one."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lockgate.model.data_loss import (
    Expression,
    Identifier,
    Keyword,
    KeywordMode,
    Keywords,
    Need,
    Property,
    Template,
)

IDENTIFIER_FILES = ("personal_numbers.toml", "finance_and_contact.toml", "secrets.toml", "keywords.toml")


@dataclass(frozen=True, slots=True)
class Shipped:
    """Both by id, in the order of the files."""

    identifiers: Mapping[str, Identifier]
    templates: Mapping[str, Template]


@cache
def shipped_catalogue() -> Shipped:
    """What every installation has."""
    identifiers = {one.id: one for name in IDENTIFIER_FILES for one in _identifiers(_read(name))}
    templates = {one.id: one for one in map(_template, _read("templates.toml")["template"])}
    return Shipped(identifiers, templates)


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


def _identifiers(table: Mapping[str, Any]) -> Iterator[Identifier]:
    for row in table.get("identifier", ()):
        words = tuple(row.get("words", ()))
        yield Expression(row["id"], row["name"], row["pattern"], words, row.get("near", 80), row.get("check", ""))
    for row in table.get("keywords", ()):
        words = tuple(Keyword(text) for text in row.get("words", ()))
        words += tuple(Keyword(text, score) for text, score in row.get("scored", {}).items())
        yield Keywords(
            row["id"], row["name"], words, KeywordMode(row.get("mode", "any")), threshold=row.get("threshold", 1)
        )
    for row in table.get("property", ()):
        yield Property(row["id"], row["name"], row["field"], row["pattern"])


def _template(row: Mapping[str, Any]) -> Template:
    ways = tuple(tuple(need(text) for text in way) for way in row["ways"])
    return Template(row["id"], row["name"], row["about"], ways)


def need(text: str) -> Need:
    """A need as it is written in files and commands: `identifier` or `identifier:count`."""
    identifier, _, count = text.partition(":")
    return Need(identifier, int(count or 1))
