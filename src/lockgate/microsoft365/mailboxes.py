"""A mailbox sends a finished message through Graph: the outbound probe, and letters of ours where that is set up."""

import base64
from dataclasses import dataclass

from lockgate.microsoft365.graph_client import GraphClient


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """One tenant's mailboxes."""

    graph: GraphClient

    async def send_whole(self, mailbox: str, content: bytes) -> None:
        """Send a finished message to whom its own fields name; Graph takes MIME as base64 text (sendMail)."""
        url = f"{self.graph.base}/v1.0/users/{mailbox}/sendMail"
        await self.graph.request("POST", url, text=base64.b64encode(content).decode())
