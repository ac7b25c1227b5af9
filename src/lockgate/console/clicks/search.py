"""The search form of the click log: from a query string to a filter."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query

from lockgate.console import searches
from lockgate.model.access import Scope
from lockgate.model.clicks import ClickOutcome, LinkVerdict
from lockgate.storage.clicks import ClickFilter

Text = Annotated[str, Query(max_length=searches.LONGEST)]


@dataclass(frozen=True, slots=True)
class ClickForm:
    """The fields as they were sent."""

    recipient: Text = ""
    site: Text = ""
    verdict: Text = ""
    outcome: Text = ""
    since: Text = ""
    until: Text = ""
    message: Text = ""
    tenant: Text = ""

    def wanted(self, scope: Scope) -> ClickFilter:
        """As storage understands it, within these organisations. Raises InvalidInput naming the field's value."""
        return ClickFilter(
            tenant_id=self.tenant,
            since=searches.moment(self.since),
            until=searches.moment(self.until, after=True),
            recipient=self.recipient,
            site=self.site,
            verdict=searches.chosen(LinkVerdict, self.verdict),
            outcome=searches.chosen(ClickOutcome, self.outcome),
            message_id=self.message.strip(),
            scope=scope,
        )

    def fields(self) -> dict[str, str]:
        """For the form and for addresses."""
        return asdict(self)


Search = Annotated[ClickForm, Depends()]
"""The search of this request."""
