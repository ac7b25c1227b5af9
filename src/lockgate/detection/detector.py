"""What a detector is: a pure generator function whose parameters declare what it needs.

A parameter is `Message`, `Content`, `Signals` (what the others found; such a detector runs after them), or a fact type
of `model/facts.py`. A fact that may be absent is written `SenderHistory | None`; without `| None` the detector does not
run when the fact is missing, and the gap is recorded. `about` names the one thing that a detector looks at where most
messages have none of it: a fact type, or what `Content.holds` can name. It is not asked of messages without that, and
it is no gap. `topics` are the same for detectors of phrases: the text must talk about one of them.
A detector never decides: it yields `Found` (a reason) and `Unfinished` (what it could not look into).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from lockgate.detection.content import Content
from lockgate.detection.correlation.signals import Signals
from lockgate.model.data_loss import DataLossRules
from lockgate.model.envelope import Direction
from lockgate.model.facts import (
    ExchangeVerdict,
    Fact,
    Namesakes,
    Origin,
    ProtectedIdentities,
    SenderAuthentication,
    SenderHistory,
)
from lockgate.model.findings import Category, Evidence, Failure, Maturity
from lockgate.model.header_rules import HeaderRules
from lockgate.model.message import Message
from lockgate.model.reputation import Reputation
from lockgate.model.scans import ClamavScan, IcapScan, SandboxScan

FACT_TYPES: tuple[type[Fact], ...] = (
    Origin,
    SenderAuthentication,
    ExchangeVerdict,
    ProtectedIdentities,
    SenderHistory,
    DataLossRules,
    ClamavScan,
    IcapScan,
    SandboxScan,
    Reputation,
    HeaderRules,
    Namesakes,
)
KNOWN_TYPES: tuple[type, ...] = (Message, Content, Signals, *FACT_TYPES)


@dataclass(frozen=True, slots=True)
class Found:
    """One sign. `strength` scales the detector's weight, so that overriding the weight changes all of its signs."""

    explanation: str
    evidence: tuple[Evidence, ...]
    strength: float = 1.0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something the detector should have looked into and could not."""

    why: str
    failure: Failure = Failure.LIMIT
    essential: bool = True


Outcome = Found | Unfinished
Function = Callable[..., Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Need:
    """One parameter of a detector."""

    name: str
    kind: type
    optional: bool


@dataclass(frozen=True)
class Detector:
    """A function with its identity. `directions` limits it to mail that crosses the boundary that way."""

    id: str
    category: Category
    weight: float
    maturity: Maturity
    directions: frozenset[Direction]
    function: Function
    needs: tuple[Need, ...]
    about: type | None = None
    topics: tuple[str, ...] = ()

    @cached_property
    def correlates(self) -> bool:
        """Whether it looks at what the others found, and runs after them."""
        return any(need.kind is Signals for need in self.needs)

    @cached_property
    def asks_for(self) -> tuple[type, ...]:
        """The types of its parameters, in their order."""
        return tuple(need.kind for need in self.needs)

    def can_look(self, there: frozenset[type]) -> bool:
        """Whether what it is about is there, and every fact that it cannot do without."""
        about = self.about is None or self.about in there
        return about and all(need.optional or need.kind in there for need in self.needs)

    @property
    def module(self) -> str:
        """Dotted name of the file that holds it."""
        return self.function.__module__

    @property
    def page(self) -> str:
        """The manual page: the docstring of its module."""
        return (sys.modules[self.module].__doc__ or "").strip()

    @property
    def summary(self) -> str:
        """First line of the manual page."""
        return self.page.partition("\n")[0]


def detector(
    identity: str,
    category: Category,
    *,
    weight: float,
    maturity: Maturity = Maturity.ENFORCED,
    direction: Direction | None = None,
    about: type | None = None,
    topics: tuple[str, ...] = (),
) -> Callable[[Function], Detector]:
    """Turn a generator function into a detector. Raises TypeError at import when a parameter is of an unknown type."""

    def declare(function: Function) -> Detector:
        directions = frozenset(Direction) if direction is None else frozenset({direction})
        needs = _needs(identity, function, about)
        return Detector(identity, category, weight, maturity, directions, function, needs, about, topics)

    return declare


def _needs(identity: str, function: Function, about: type | None) -> tuple[Need, ...]:
    hints = {name: hint for name, hint in get_type_hints(function).items() if name != "return"}
    needs = []
    for name, hint in hints.items():
        kind, optional = _unwrap(hint)
        if kind not in KNOWN_TYPES:
            known = ", ".join(known.__name__ for known in KNOWN_TYPES)
            raise TypeError(f"{identity}: parameter {name} of {function.__module__} is {hint}, not one of {known}")
        needs.append(Need(name, kind, optional or kind is about))
    return tuple(needs)


def _unwrap(hint: object) -> tuple[type, bool]:
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        if len(kinds) == 1 and len(kinds) < len(get_args(hint)):
            return kinds[0], True
    return (hint if isinstance(hint, type) else object), False
