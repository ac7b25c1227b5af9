"""A mailbox sends a finished message through Graph: the outbound probe, and letters of ours where that is set up.

Rule: a mailbox first meets the names of our fields. Users of Graph report that Exchange drops X- fields of MIME that
the mailbox has never seen in a message made as JSON (microsoft-graph-docs-contrib, issue 424); a draft is enough. It
goes nowhere and is removed at once; a process that dies in between leaves an empty draft.
"""

import base64
from dataclasses import dataclass, field
from urllib.parse import quote

from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.mime.headers import scan

AT_ONCE = 5  # custom fields that Graph takes in one message
DRAFT = "Lockgate: made and removed again, so that this mailbox knows a field"


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """One tenant's mailboxes. `known` remembers which names which mailbox has met."""

    graph: GraphClient
    known: set[tuple[str, str]] = field(default_factory=set)

    async def send_whole(self, mailbox: str, content: bytes) -> None:
        """Send a finished message to whom its own fields name; Graph takes MIME as base64 text (sendMail)."""
        names = {one.name for one in scan(content).fields if one.name.startswith("x-")}
        await self._introduce(mailbox, sorted(name for name in names if (mailbox, name) not in self.known))
        await self.graph.request("POST", self._url(mailbox, "sendMail"), text=base64.b64encode(content).decode())

    async def _introduce(self, mailbox: str, names: list[str]) -> None:
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            fields = [{"name": name, "value": "known"} for name in some]
            sent = {"subject": DRAFT, "internetMessageHeaders": fields}
            made = await self.graph.request("POST", self._url(mailbox, "messages"), json=sent)
            await DeliveredCopies(self.graph).delete(mailbox, str(made["id"]))
            self.known.update((mailbox, name) for name in some)

    def _url(self, mailbox: str, part: str) -> str:
        return f"{self.graph.base}/v1.0/users/{quote(mailbox)}/{part}"
