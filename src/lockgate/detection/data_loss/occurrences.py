"""What is searched, and what is found in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from lockgate.detection.data_loss.gates import Gate

MOST = 1_000  # different values of one identifier in one text; more make no difference to a count


@dataclass(frozen=True, slots=True)
class Document:
    """One text with where it stands, and the properties of the file that it is from."""

    where: str
    text: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Value:
    """One value and where in the text it begins."""

    text: str
    place: int


class Finds(Protocol):
    """An identifier made ready to search."""

    def gate(self) -> Gate:
        """What must be in a text for there to be a value."""
        ...

    def find(self, document: Document) -> Iterator[Value]:
        """The values, in the order of the text; a value may come more than once."""
        ...


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where an expression matches: the value, where the match begins and how long it is."""

    value: str
    place: int
    length: int


class Occurs(Protocol):
    """A compiled expression."""

    def occurrences(self, text: str) -> Iterator[Occurrence]:
        """Every match that has something in it, in order."""
        ...


@dataclass(frozen=True, slots=True)
class ShippedExpression:
    """An expression of ours."""

    pattern: re.Pattern[str]

    def occurrences(self, text: str) -> Iterator[Occurrence]:
        """See `Occurs`: the first group that matched is the value."""
        for match in self.pattern.finditer(text):
            value = next(filter(None, match.groups()), match.group())
            if value:
                yield Occurrence(value, match.start(), len(match.group()))
