"""The search form of the audit log: from a query string to a filter."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Query

from lockgate.console import searches
from lockgate.model.access import Scope
from lockgate.storage.audit import AuditFilter

Text = Annotated[str, Query(max_length=searches.LONGEST)]


@dataclass(frozen=True, slots=True)
class AuditForm:
    """The fields as they were sent."""

    actor: Text = ""
    act: Text = ""
    subject: Text = ""
    words: Text = ""
    since: Text = ""
    until: Text = ""
    tenant: Text = ""

    def wanted(self, scope: Scope) -> AuditFilter:
        """As storage understands it, within these organisations. Raises InvalidInput naming the field's value."""
        return AuditFilter(
            tenant_id=self.tenant,
            since=searches.moment(self.since),
            until=searches.moment(self.until, after=True),
            actor=self.actor.strip(),
            act=self.act.strip(),
            subject=self.subject.strip(),
            words=self.words,
            scope=scope,
        )

    def fields(self) -> dict[str, str]:
        """For the form and for addresses."""
        return asdict(self)


Search = Annotated[AuditForm, Depends()]
"""The search of this request."""
