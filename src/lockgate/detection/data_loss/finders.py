"""Finds the values of identifiers in one text or file. Values keep their order; equal ones count once.

What an organisation wrote itself is run by RE2, whose time grows with the text only, so that no expression can be made
to hang; what ships is run by `re` because it looks around a value, and each of its expressions is bounded.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lockgate.detection.data_loss.checks import check_named
from lockgate.detection.data_loss.fingerprints import shingles
from lockgate.detection.data_loss.gates import Gate
from lockgate.detection.data_loss.keywords import keyword_finder
from lockgate.detection.data_loss.occurrences import Document, Finds, Occurs, ShippedExpression, Value
from lockgate.model.data_loss import Expression, Fingerprint, Identifier, Keywords, Property

_NUMBER_BEFORE, _NUMBER_AFTER = r"(?<![\w.,/#+=&?-])", r"(?![\w/=&-]|[.,]\d)"


@dataclass(frozen=True, slots=True)
class ExpressionFinder:
    """Finds an `Expression`. `pattern` is compiled by whom the expression is from."""

    identifier: Expression
    pattern: Occurs
    words: re.Pattern[str] | None

    def gate(self) -> Gate:
        """See `Finds`: one of the words, or else the form itself."""
        return Gate("|".join(f"(?:{word})" for word in self.identifier.words), self.identifier.pattern)

    def find(self, document: Document) -> Iterator[Value]:
        """See `Finds`."""
        valid = check_named(self.identifier.check)
        for one in self.pattern.occurrences(document.text):
            checked = valid is not None and valid(one.value.replace("\u00a0", " "))
            if checked and self._spoken_of(document.text, one.place, one.length):
                yield Value(one.value, one.place)

    def _spoken_of(self, text: str, place: int, length: int) -> bool:
        if self.words is None:
            return True
        near = self.identifier.near
        return bool(self.words.search(text, max(0, place - near), place + length + near))


@dataclass(frozen=True, slots=True)
class FingerprintFinder:
    """Finds a known document, or a good part of one."""

    identifier: Fingerprint

    def gate(self) -> Gate:
        """See `Finds`."""
        return Gate()

    def find(self, document: Document) -> Iterator[Value]:
        """See `Finds`."""
        known = self.identifier.shingles
        share = len(known & shingles(document.text)) / len(known) if known else 0.0
        if share >= self.identifier.share > 0:
            yield Value(f"{share:.0%} of {self.identifier.name}", 0)


@dataclass(frozen=True, slots=True)
class PropertyFinder:
    """Finds a property of a file."""

    identifier: Property
    pattern: Occurs

    def gate(self) -> Gate:
        """See `Finds`."""
        return Gate()

    def find(self, document: Document) -> Iterator[Value]:
        """See `Finds`."""
        for field, value in document.properties.items():
            if fnmatchcase(field, self.identifier.field) and any(True for _ in self.pattern.occurrences(value)):
                yield Value(f"{field}: {value}", 0)


def shipped(identifier: Identifier) -> Finds:
    """An identifier of ours. An expression's value stands free: not inside a longer number, address or file name."""
    match identifier:
        case Expression():
            free = identifier.pattern
            if not free.startswith(("(?m)", "-----", "[?&]")):
                free = f"{_NUMBER_BEFORE}(?:{free}){_NUMBER_AFTER}"
            return ExpressionFinder(identifier, ShippedExpression(re.compile(free)), _near(identifier.words))
        case Keywords():
            return keyword_finder(identifier)
        case Property():
            return PropertyFinder(identifier, ShippedExpression(re.compile(identifier.pattern)))
        case Fingerprint():
            return FingerprintFinder(identifier)


def own(identifier: Identifier) -> Finds:
    """An identifier that an organisation made. Raises InvalidInput with a sentence for an expression that is none."""
    from lockgate.detection.data_loss.user_expressions import compiled

    match identifier:
        case Expression():
            words = "|".join(f"(?:{re.escape(word)})" for word in identifier.words)
            return ExpressionFinder(identifier, compiled(identifier.pattern), _near((words,) if words else ()))
        case Keywords():
            return keyword_finder(identifier)
        case Property():
            return PropertyFinder(identifier, compiled(identifier.pattern))
        case Fingerprint():
            return FingerprintFinder(identifier)


def _near(words: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE) if words else None
