"""What must not leave: data identifiers, and templates that combine them with counts. Frozen records, no behaviour.

An identifier recognises one kind of value in a text or a file; a template says how many of which make a message a case.
What ships is in `detection/data_loss/*.toml`; what an organisation adds comes with `DataLossRules`.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Expression:
    """Values of a form. Of a match the first group is the value, or all of it when there is no group.

    `check` names a rule of python-stdnum that the value must keep, such as `luhn` or `de.idnr`; `words` are expressions
    of which one must stand within `near` characters, so that a mere number is not taken for a person's.
    """

    id: str
    name: str
    pattern: str
    words: tuple[str, ...] = ()
    near: int = 80
    check: str = ""


class KeywordMode(StrEnum):
    """When a list of keywords counts."""

    ANY = "any"  # each different word that is there is a match
    ALL = "all"  # one match when every word is there
    WITHIN = "within"  # one match when every word is there, all inside `within` characters
    SCORED = "scored"  # one match when the scores of the different words that are there reach `threshold`


@dataclass(frozen=True, slots=True)
class Keyword:
    """One word or phrase; compared without regard to case, as whole words."""

    text: str
    score: int = 1


@dataclass(frozen=True, slots=True)
class Keywords:
    """A list of keywords, or a dictionary."""

    id: str
    name: str
    words: tuple[Keyword, ...]
    mode: KeywordMode = KeywordMode.ANY
    within: int = 200
    threshold: int = 1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A document that is known by its text: `shingles` are hashes of its word sequences.

    A text matches when it holds at least `share` (0..1) of them (winnowing: Schleimer, Wilkerson and Aiken, 2003).
    """

    id: str
    name: str
    shingles: frozenset[int]
    share: float = 0.3


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a document, or a sensitivity label, whose value has a form; `field` may hold `*`."""

    id: str
    name: str
    field: str
    pattern: str


Identifier = Expression | Keywords | Fingerprint | Property


@dataclass(frozen=True, slots=True)
class Need:
    """At least so many different values of one identifier."""

    identifier: str
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class Template:
    """A case: in one text or file, all needs of at least one of the `ways` are met."""

    id: str
    name: str
    about: str
    ways: tuple[tuple[Need, ...], ...]


@dataclass(frozen=True, slots=True)
class DataLossRules:
    """An organisation's own identifiers and templates, beside those that ship. A fact of detection."""

    version: int
    identifiers: tuple[Identifier, ...] = ()
    templates: tuple[Template, ...] = ()
