"""Which templates a text or file is a case of; each identifier is looked for at most once, and only when needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.finders import own, shipped
from lockgate.detection.data_loss.gates import Gates
from lockgate.detection.data_loss.occurrences import MOST, Document, Finds, Value
from lockgate.model.data_loss import DataLossRules, Identifier, Need, Template


@dataclass(frozen=True, slots=True)
class Found:
    """The different values of one identifier."""

    identifier: Identifier
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One template that one document meets; `found` has each need of the way that is met."""

    template: Template
    where: str
    found: tuple[Found, ...]


class Search:
    """A set of templates made ready; keep it, for making it costs some milliseconds."""

    def __init__(self, rules: DataLossRules) -> None:
        catalogue = shipped_catalogue()
        self._templates = (*catalogue.templates.values(), *rules.templates)
        self._identifiers = {**catalogue.identifiers, **{one.id: one for one in rules.identifiers}}
        self._finders: dict[str, Finds] = {key: shipped(one) for key, one in catalogue.identifiers.items()}
        self._finders |= {one.id: own(one) for one in rules.identifiers}
        self._gates = Gates({key: finder.gate() for key, finder in self._finders.items()})

    def cases(self, document: Document) -> Iterator[Case]:
        """The templates that this document is a case of."""
        looked = _Looked(document, self._finders, self._gates.open(document.text))
        for template in self._templates:
            way = next((way for way in template.ways if all(looked.meets(need) for need in way)), None)
            if way is not None:
                found = tuple(Found(self._identifiers[need.identifier], looked.values(need.identifier)) for need in way)
                yield Case(template, document.where, found)


@lru_cache(maxsize=16)
def search_for(rules: DataLossRules) -> Search:
    """The search for an organisation's rules; kept, as they change seldom."""
    return Search(rules)


class _Looked:
    """What was found so far in one document."""

    def __init__(self, document: Document, finders: Mapping[str, Finds], may_be: Callable[[str], bool]) -> None:
        self._document = document
        self._finders = finders
        self._may_be = may_be
        self._values: dict[str, tuple[Value, ...]] = {}

    def meets(self, need: Need) -> bool:
        return len(self.values(need.identifier)) >= need.at_least

    def values(self, identifier: str) -> tuple[Value, ...]:
        if identifier not in self._values:
            finder = self._finders.get(identifier)
            found = finder.find(self._document) if finder is not None and self._may_be(identifier) else ()
            self._values[identifier] = tuple(_different(found))
        return self._values[identifier]


def _different(values: Iterable[Value]) -> Iterator[Value]:
    seen: set[str] = set()
    for value in values:
        key = "".join(filter(str.isalnum, value.text)).lower()
        if key not in seen:
            seen.add(key)
            yield value
        if len(seen) >= MOST:
            return
