"""Facets: of what a search finds, how many rows have each value of a field. One shape for every list.

Rule: a field is counted over what the *other* fields leave, so that its values are what one may change to. At most MOST
rows, the newest, are read for it: the work has an end in a table of any size, and `cut` says that there were more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Generic, TypeVar

from lockgate.storage.audit import AuditFilter
from lockgate.storage.clicks import ClickFilter
from lockgate.storage.held_messages import HeldFilter
from lockgate.storage.traces import TraceFilter
from lockgate.storage.unit_of_work import Database, Unit

MOST = 2_000  # rows read for the search, and as many for each field that it has already
SHOWN = 8  # values of a field
DAY = "day"  # a field of every list: a day in UTC, as since and until

Filter = TypeVar("Filter", TraceFilter, ClickFilter, HeldFilter, AuditFilter)
Values = Iterable[tuple[str, str]]  # field and value, each at most once, of one row


@dataclass(frozen=True, slots=True)
class FacetValue:
    """So many of the rows have this value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a field, `others` more having less rows each; days are the newest."""

    field: str
    values: tuple[FacetValue, ...]
    others: int = 0


@dataclass(frozen=True, slots=True)
class Facets:
    """What was counted over `rows` rows; `cut`: these are the newest, and some field has more."""

    rows: int
    cut: bool
    facets: tuple[Facet, ...]


@dataclass(frozen=True, slots=True)
class Counting(Generic[Filter]):
    """How a list is counted: by field, a search that no longer asks for it; and the values of the newest rows."""

    without: Mapping[str, Callable[[Filter], Filter]]
    rows: Callable[[Unit, Filter, int], Iterable[Values]]

    def facets(self, database: Database, wanted: Filter) -> Facets:
        """One short unit of work; blocks."""
        with database.read() as unit:
            whole = self._count(unit, wanted)
            counted = {name: self._around(unit, name, wanted, whole) for name in self.without}
        found = (_facet(name, one.values.get(name, Counter())) for name, one in counted.items())
        cut = whole.cut or any(one.cut for one in counted.values())
        return Facets(whole.rows, cut, tuple(one for one in found if one.values))

    def _around(self, unit: Unit, name: str, wanted: Filter, whole: "_Counted") -> "_Counted":
        others = self.without[name](wanted)
        return whole if others == wanted else self._count(unit, others)

    def _count(self, unit: Unit, wanted: Filter) -> "_Counted":
        values: dict[str, Counter[str]] = {}
        found, rows = iter(self.rows(unit, wanted, MOST + 1)), 0
        for row in islice(found, MOST):
            rows += 1
            for name, value in row:
                values.setdefault(name, Counter())[value] += 1
        return _Counted(rows, next(found, None) is not None, values)


@dataclass(frozen=True, slots=True)
class _Counted:
    rows: int
    cut: bool
    values: Mapping[str, Counter[str]]


def day(moment: datetime) -> tuple[str, str]:
    """The field DAY of a row of that moment."""
    return DAY, f"{moment.astimezone(UTC):%Y-%m-%d}"


def said(*values: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Those that have a value."""
    return (one for one in values if one[1])


def _facet(name: str, values: Counter[str]) -> Facet:
    by_count = sorted(values.items(), key=lambda one: (-one[1], one[0]))
    ordered = sorted(values.items(), reverse=True) if name == DAY else by_count
    return Facet(name, tuple(FacetValue(*one) for one in ordered[:SHOWN]), max(len(ordered) - SHOWN, 0))
