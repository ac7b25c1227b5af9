"""Search over the click log, for everybody who shows it: console, API, command line.

A recipient is found by address also where only the keyed reference is kept: whoever searches names an address, and the
keys tell the references that links of any age may carry for it.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from lockgate.mime.signed_links import LinkKeys
from lockgate.model.clicks import Click
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.unit_of_work import Database

_WHOLE_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class ClickPage:
    """Some clicks, the newest first. `older` is what to ask for the next page with; empty when this is the last."""

    clicks: tuple[Click, ...]
    older: str


@dataclass(frozen=True, slots=True)
class ClickSearch:
    """The log as it is read; `keys` is None where there is no link service. Every method blocks."""

    database: Database
    keys: Callable[[], LinkKeys] | None = None

    def page(self, wanted: ClickFilter, tenants: Collection[str], after: str = "", limit: int = PAGE) -> ClickPage:
        """At most `limit` clicks behind `after` of these `tenants`; raises InvalidInput for a damaged `after`."""
        cursor = cursor_from(after) if after else None
        with self.database.read() as unit:
            found = Clicks(unit).search(self.widened(wanted, tenants), after=cursor, limit=limit + 1)
        shown = tuple(found[:limit])
        return ClickPage(shown, str(Cursor(shown[-1].at, shown[-1].id)) if len(found) > limit else "")

    def every(self, wanted: ClickFilter, tenants: Collection[str]) -> Iterator[Click]:
        """All matching clicks, the newest first, one unit per page."""
        after = ""
        while True:
            page = self.page(wanted, tenants, after, 10 * PAGE)
            yield from page.clicks
            after = page.older
            if not after:
                return

    def widened(self, wanted: ClickFilter, tenants: Collection[str]) -> ClickFilter:
        """With the references that may stand for the recipient whose whole address was asked for."""
        address = wanted.recipient.strip().lower()
        if self.keys is None or not _WHOLE_ADDRESS.fullmatch(address):
            return wanted
        keys = self.keys()
        whose = [wanted.tenant_id] if wanted.tenant_id else tenants
        return replace(wanted, readers=frozenset(one for tenant in whose for one in keys.readers(tenant, address)))
