"""The search form of the quarantine: from a query string to a filter."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query

from lockgate.console import searches
from lockgate.console.parts import Parts
from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.storage.held_messages import HeldFilter
from lockgate.storage.held_words import WordKeys
from lockgate.storage.search_words import Alternatives

LONGEST_REASON = 2_000
Text = Annotated[str, Query(max_length=searches.LONGEST)]


@dataclass(frozen=True, slots=True)
class HeldSearch:
    """The fields as they were sent."""

    words: str = ""
    address: str = ""
    direction: str = ""
    verdict: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    tenant: str = ""
    policy: str = ""
    finding: str = ""
    reason: str = ""
    text: str = ""
    said: tuple[Alternatives, ...] | None = None  # `text` as it is looked for

    def wanted(self, scope: Scope) -> HeldFilter:
        """As storage understands it, within these organisations. Raises InvalidInput naming the field's value."""
        verdict = searches.chosen(Verdict, self.verdict)
        return HeldFilter(
            tenant_id=self.tenant,
            since=searches.moment(self.since),
            until=searches.moment(self.until, after=True),
            direction=searches.chosen(Direction, self.direction),
            address=self.address.strip(),
            words=self.words,
            said=self.said,
            verdict=verdict.value if verdict else "",
            state=searches.chosen(State, self.state),
            policy_id=self.policy.strip(),
            finding=self.finding.strip(),
            reason=self.reason,
            scope=scope,
        )

    def fields(self) -> dict[str, str]:
        """For the form and for addresses."""
        return {name: value for name, value in asdict(self).items() if name != "said"}


def held_search(
    parts: Parts,
    words: Text = "",
    address: Text = "",
    direction: Text = "",
    verdict: Text = "",
    state: Text = "",
    since: Text = "",
    until: Text = "",
    tenant: Text = "",
    policy: Text = "",
    finding: Text = "",
    reason: Annotated[str, Query(max_length=LONGEST_REASON)] = "",
    text: Annotated[str, Query(max_length=searches.LONGEST, description="Whole words of subject and body.")] = "",
) -> HeldSearch:
    """Dependency: the search of this request."""
    said = WordKeys(parts.vault).asked(text) if text.strip() else None
    return HeldSearch(
        words, address, direction, verdict, state, since, until, tenant, policy, finding, reason, text, said
    )  # fmt: skip


Search = Annotated[HeldSearch, Depends(held_search)]
