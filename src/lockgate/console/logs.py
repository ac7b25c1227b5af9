"""The lists that are searched, counted, kept under a name and exported in the same way, each by its own form."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from lockgate.console.audit.search import AuditForm
from lockgate.console.clicks.search import ClickForm
from lockgate.console.data_loss.search import CaseForm
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts
from lockgate.console.quarantine.search import HeldSearch
from lockgate.console.trace.search import TraceForm
from lockgate.mime.signed_links import LinkKeys
from lockgate.model.access import Scope
from lockgate.model.clicks import Click
from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log
from lockgate.model.trace import MessageTrace
from lockgate.reporting import counted_lists, exported_lists
from lockgate.reporting.click_search import ClickSearch
from lockgate.reporting.exports import Form, Shape, every
from lockgate.reporting.facets import Counting, Facets, Filter
from lockgate.storage import traces
from lockgate.storage.audit import AuditEntry, AuditFilter, AuditLog
from lockgate.storage.clicks import ClickFilter
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.held_words import WordKeys
from lockgate.storage.searching import Cursor
from lockgate.storage.traces import TraceFilter
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault

LONGEST_FIELD = 2_000  # characters
Record = TypeVar("Record")
Asked_co = TypeVar("Asked_co", covariant=True)


class SearchForm(Protocol[Asked_co]):
    """The fields of a search as they were sent."""

    def wanted(self, scope: Scope) -> Asked_co:
        """As storage understands it."""
        ...

    def fields(self) -> dict[str, str]:
        """By name."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What a search is carried out on: `link_keys` tell whose click it was, `vault` how words of held mail are kept."""

    database: Database
    vault: Vault
    tenants: Collection[str] = ()
    link_keys: Callable[[], LinkKeys] | None = None


@dataclass(frozen=True, slots=True)
class SearchedLog(Generic[Filter, Record]):
    """One of the lists; `path` is its page."""

    log: Log
    path: str
    form: Callable[..., SearchForm[Filter]]
    counting: Counting[Filter]
    shape: Shape[Record]
    find: Callable[[Ground, Filter], Iterator[Record]]
    widened: Callable[[Ground, Filter], Filter] = lambda _, wanted: wanted
    completed: Callable[[Ground, Any], SearchForm[Filter]] = lambda _, form: form  # a list knows its own form

    def filled(self, ground: Ground, sent: Mapping[str, str]) -> SearchForm[Filter]:
        """The form with these fields; raises InvalidInput for one that it does not have."""
        known = list(self.form().fields())
        if strange := sorted(set(sent) - set(known)):
            raise InvalidInput(f"'{strange[0][:60]}' is none of {', '.join(known)}.")
        if any(len(value) > LONGEST_FIELD for value in sent.values()):
            raise InvalidInput(f"A field of a search has at most {LONGEST_FIELD:,} characters.")
        return self.completed(ground, self.form(**sent))

    def facets(self, ground: Ground, wanted: Filter) -> Facets:
        """How what is found divides."""
        return self.counting.facets(ground.database, self.widened(ground, wanted))

    def found(self, ground: Ground, wanted: Filter) -> Iterator[Record]:
        """All of it, the newest first."""
        return self.find(ground, self.widened(ground, wanted))

    def export(self, ground: Ground, wanted: Filter, form: Form) -> Iterator[str]:
        """All of it as text, some lines at a time."""
        return self.shape.written(self.found(ground, wanted), form)


def ground_of(parts: ConsoleParts, scope: Scope) -> Ground:
    """What a visitor's search is carried out on."""
    return Ground(parts.database, parts.vault, names(parts, scope), parts.link_keys)


def _messages(ground: Ground, wanted: TraceFilter) -> Iterator[MessageTrace]:
    return traces.every(ground.database, wanted)


def _clicks(ground: Ground, wanted: ClickFilter) -> Iterator[Click]:
    return ClickSearch(ground.database).every(wanted, ())


def _widened_clicks(ground: Ground, wanted: ClickFilter) -> ClickFilter:
    return ClickSearch(ground.database, ground.link_keys).widened(wanted, ground.tenants)


def _held(ground: Ground, wanted: HeldFilter) -> Iterator[HeldItem]:
    return every(
        ground.database,
        lambda unit, after, limit: HeldMessages(unit).search(wanted, after=after, limit=limit),
        lambda last: Cursor(last.held.held_at, last.held.id),
    )


def _with_words(ground: Ground, form: HeldSearch) -> HeldSearch:
    return replace(form, said=WordKeys(ground.vault).asked(form.text)) if form.text.strip() else form


def _entries(ground: Ground, wanted: AuditFilter) -> Iterator[AuditEntry]:
    return every(
        ground.database,
        lambda unit, before, limit: AuditLog(unit).search(wanted, before=before, limit=limit),
        lambda last: last.number,
    )


TRACE = SearchedLog(
    Log.TRACE, "/trace", TraceForm, counted_lists.OF_MESSAGES, exported_lists.MESSAGES, _messages
)  # fmt: skip
CLICKS = SearchedLog(
    Log.CLICKS, "/clicks", ClickForm, counted_lists.OF_CLICKS, exported_lists.CLICKS, _clicks, _widened_clicks
)  # fmt: skip
QUARANTINE = SearchedLog(
    Log.QUARANTINE, "/quarantine", HeldSearch, counted_lists.OF_HELD, exported_lists.HELD, _held,
    completed=_with_words,
)  # fmt: skip
DATA_LOSS = SearchedLog(
    Log.DATA_LOSS, "/data-loss/cases", CaseForm, counted_lists.OF_CASES, exported_lists.CASES, _messages
)  # fmt: skip
AUDIT = SearchedLog(
    Log.AUDIT, "/audit", AuditForm, counted_lists.OF_AUDIT, exported_lists.ENTRIES, _entries
)  # fmt: skip
LOGS: Mapping[Log, SearchedLog[Any, Any]] = {one.log: one for one in (TRACE, CLICKS, QUARANTINE, DATA_LOSS, AUDIT)}
