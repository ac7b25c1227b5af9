"""The search form of the data loss log: from a query string to a filter of the trace."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query

from lockgate.console import searches
from lockgate.model.access import Scope
from lockgate.model.lifecycle import State
from lockgate.storage.traces import TraceFilter

DETECTOR = "dlp.template"
Text = Annotated[str, Query(max_length=searches.LONGEST)]


@dataclass(frozen=True, slots=True)
class CaseForm:
    """The fields as they were sent."""

    template: Text = ""
    address: Text = ""
    words: Text = ""
    state: Text = ""
    policy: Text = ""
    since: Text = ""
    until: Text = ""
    tenant: Text = ""

    def wanted(self, scope: Scope) -> TraceFilter:
        """As storage understands it, within these organisations. Raises InvalidInput naming the field's value."""
        return TraceFilter(
            tenant_id=self.tenant,
            since=searches.moment(self.since),
            until=searches.moment(self.until, after=True),
            address=self.address.strip(),
            words=self.words,
            state=searches.chosen(State, self.state),
            policy_id=self.policy,
            template=self.template.strip(),
            finding=DETECTOR,
            scope=scope,
        )

    def fields(self) -> dict[str, str]:
        """For the form and for addresses."""
        return asdict(self)


Search = Annotated[CaseForm, Depends()]
"""The search of this request."""
