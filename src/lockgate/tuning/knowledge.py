"""What gateways know of an organisation's tuning and lists, answered from memory.

Implements `gateway.ports.Knowledge`.
"""

from collections.abc import Iterable

import structlog
from pydantic import ValidationError

from lockgate.lookups.dns_lists import DnsLists
from lockgate.lookups.reputation_patterns import Matcher
from lockgate.model.clock import Clock
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import Namesakes
from lockgate.model.header_rules import HeaderRules
from lockgate.model.header_rules import document_name as header_document
from lockgate.model.reputation import Entry, Indicators, Reputation
from lockgate.model.tuning import Tuning
from lockgate.storage.reputation import ReputationCache
from lockgate.storage.settings_store import SettingsCache
from lockgate.storage.unit_of_work import Database
from lockgate.tuning.documents import document_name, from_document
from lockgate.tuning.header_rules import HEADER_RULES
from lockgate.tuning.namesakes import DirectoryNames

log = structlog.get_logger()


class Knowledge:
    """`refresh` keeps it fresh; a look-up in the DNS is the only thing that waits."""

    def __init__(self, database: Database, clock: Clock, dns_lists: DnsLists | None = None) -> None:
        self._clock = clock
        self._documents = SettingsCache(database)
        self._lists = ReputationCache(database, clock())
        self._dns_lists = dns_lists
        self._names = DirectoryNames(database)
        self._tunings: dict[str, Tuning] = {}
        self._header_rules: dict[str, tuple[int, HeaderRules]] = {}
        self._matchers: dict[str, Matcher] = {}
        self._index()

    def tuning(self, tenant_id: str) -> Tuning | None:
        """The version in force. One that cannot be read any more is logged; the one before it stands."""
        saved = self._documents.get(document_name(tenant_id))
        before = self._tunings.get(tenant_id)
        if saved is None or (before is not None and before.tuning_version == saved.version):
            return before
        try:
            self._tunings[tenant_id] = from_document(saved.document, saved.version)
        except InvalidInput as error:
            log.error("tuning cannot be read", tenant=tenant_id, version=saved.version, cause=str(error))
        return self._tunings.get(tenant_id)

    def header_rules(self, tenant_id: str) -> HeaderRules | None:
        """See `gateway.ports.Knowledge`. Rules that cannot be read any more are logged; those before them stand."""
        saved = self._documents.get(header_document(tenant_id))
        if saved is None:
            return None
        before = self._header_rules.get(tenant_id)
        if before is None or before[0] != saved.version:
            try:
                self._header_rules[tenant_id] = saved.version, HEADER_RULES.validate_python(saved.document)
            except ValidationError as error:
                log.error("header rules cannot be read", tenant=tenant_id, version=saved.version, cause=str(error))
        known = self._header_rules.get(tenant_id)
        current = known[1].at(self._clock()) if known else None
        return current if current and current.header_rules else None

    def namesakes(self, tenant_id: str, authors: Iterable[tuple[str, str]]) -> Namesakes | None:
        """See `gateway.ports.Knowledge`."""
        return self._names.namesakes(tenant_id, authors)

    def has_lists(self, tenant_id: str) -> bool:
        """Whether anything is listed for this organisation, so that nothing is asked of a message in vain."""
        return bool(self._dns_lists) or bool(self._matchers.keys() & {"", tenant_id})

    async def reputation(self, tenant_id: str, found: Indicators) -> Reputation:
        """Every hit: of the organisation's lists, of those for all, and of lists in the DNS."""
        now = self._clock()
        matchers = [self._matchers[key] for key in ("", tenant_id) if key in self._matchers]
        hits = [hit for matcher in matchers for hit in matcher.hits(found, now)]
        if self._dns_lists:
            hits += await self._dns_lists.hits(found)
        return Reputation(tuple(dict.fromkeys(hits)))

    def refresh(self) -> bool:
        """Load anew what was changed; whether anything was. Call from a thread."""
        documents, lists, names = self._documents.refresh(), self._lists.refresh(), self._names.refresh()
        if lists:
            self._index()
        return documents or lists or names

    def _index(self) -> None:
        grouped: dict[str, list[Entry]] = {}
        for entry in self._lists.entries:
            grouped.setdefault(entry.tenant_id, []).append(entry)
        self._matchers = {tenant_id: Matcher.of(entries) for tenant_id, entries in grouped.items()}
