"""Facets as a page shows them: each value a link that narrows the search, or takes what was narrowed back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockgate.console import searches, wording
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.reporting.counted_lists import MONITORED
from lockgate.reporting.facets import DAY, Facet, Facets

HELD_BACK = "Held back by monitor-only"
TITLES = {
    "act": "What", "actor": "Who", "address": "Recipient", "day": "Day", "direction": "Direction",
    "finding": "Detector", "outcome": "Outcome", "policy": "Policy", "reason": "Reason", "recipient": "Recipient",
    "source": "List or scanner",
    "site": "Site", "state": "State", "template": "Template", "tenant": "Organisation", "verdict": "Verdict",
}  # fmt: skip
Says = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value in people's words; `address` is the search with it, or without it when it is chosen."""

    text: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one field; `others` more are not shown."""

    title: str
    choices: tuple[Choice, ...]
    others: int
    is_asked: bool  # the search has a condition on it

    @property
    def is_choice(self) -> bool:
        """Whether one of its links would change what is found."""
        return self.is_asked or len(self.choices) > 1


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a search can be narrowed by; counted over the newest rows only when `cut`."""

    groups: tuple[Group, ...]
    rows: int
    cut: bool


def narrowing(
    path: str, fields: Mapping[str, str], counted: Facets, names: Mapping[str, Mapping[str, str]] | None = None
) -> Narrowing:
    """Fields that leave a choice; `names` say what the values of a field are called."""
    called = names or {}
    groups = (_group(path, fields, one, called.get(one.field, {})) for one in counted.facets)
    return Narrowing(tuple(one for one in groups if one.is_choice), counted.rows, counted.cut)


def _group(path: str, fields: Mapping[str, str], facet: Facet, called: Mapping[str, str]) -> Group:
    sets = ("since", "until") if facet.field == DAY else (facet.field,)
    without = {name: value for name, value in fields.items() if name not in sets}
    choices = []
    for one in facet.values:
        chosen = all(fields.get(name, "").casefold() == one.value.casefold() for name in sets)
        to = without if chosen else without | dict.fromkeys(sets, one.value)
        text = called.get(one.value) or _SAID.get(facet.field, str)(one.value)
        choices.append(Choice(text, one.count, searches.address(path, to), chosen))
    is_asked = any(fields.get(name) for name in sets)
    return Group(TITLES[facet.field], tuple(choices), facet.others, is_asked)


def _state(value: str) -> str:
    return HELD_BACK if value == MONITORED else wording.state(State(value))


def _verdict(value: str) -> str:
    return wording.words(Verdict(value)) if value in set(Verdict) else wording.words(value)


_SAID: Mapping[str, Says] = {
    "state": _state, "verdict": _verdict, "direction": wording.words, "outcome": wording.words,
}  # fmt: skip
