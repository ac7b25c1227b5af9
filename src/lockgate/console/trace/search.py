"""The search form of the trace: from a query string to a filter."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query

from lockgate.console import searches
from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS, UNWANTED, Verdict
from lockgate.model.lifecycle import State
from lockgate.reporting.counted_lists import MONITORED
from lockgate.storage.traces import TraceFilter

NOT_CLEAN = frozenset(Verdict) - {Verdict.CLEAN}
FAMILIES = {"dangerous": DANGEROUS, "unwanted": UNWANTED, "not-clean": NOT_CLEAN}
Text = Annotated[str, Query(max_length=searches.LONGEST)]


@dataclass(frozen=True, slots=True)
class TraceForm:
    """The fields as they were sent."""

    words: Text = ""
    address: Text = ""
    direction: Text = ""
    verdict: Text = ""
    state: Text = ""
    since: Text = ""
    until: Text = ""
    message_id: Annotated[str, Query(max_length=1000)] = ""
    tenant: Text = ""
    policy: Text = ""
    finding: Text = ""
    took: Text = ""
    source: Text = ""

    def wanted(self, scope: Scope) -> TraceFilter:
        """As storage understands it, within these organisations. Raises InvalidInput naming the field's value."""
        return TraceFilter(
            tenant_id=self.tenant,
            since=searches.moment(self.since),
            until=searches.moment(self.until, after=True),
            direction=searches.chosen(Direction, self.direction),
            address=self.address.strip(),
            words=self.words,
            verdict=None if self.verdict in FAMILIES else searches.chosen(Verdict, self.verdict),
            verdicts=FAMILIES.get(self.verdict, frozenset()),
            state=None if self.state == MONITORED else searches.chosen(State, self.state),
            monitored=self.state == MONITORED,
            finding=self.finding.strip(),
            policy_id=self.policy,
            source=self.source.strip(),
            took=searches.milliseconds(self.took),
            message_id=self.message_id,
            scope=scope,
        )

    def fields(self) -> dict[str, str]:
        """For the form and for addresses."""
        return asdict(self)


Search = Annotated[TraceForm, Depends()]
"""The search of this request."""
