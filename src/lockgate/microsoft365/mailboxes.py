"""Mailboxes through Graph: find the probe's message, send it, remove every trace of it."""

import base64
from dataclasses import dataclass

from lockgate.microsoft365.graph_client import GraphClient, Json

FIELDS = "id,subject,internetMessageId,parentFolderId,receivedDateTime"


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a mailbox. `id` is immutable: it survives a move."""

    id: str
    headers: dict[str, str]  # names lower-case; of repeated fields the first


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """One tenant's mailboxes."""

    graph: GraphClient

    async def find(self, mailbox: str, subject: str) -> list[Found]:
        """Messages with this in their subject, in any folder, drafts and sent ones too.

        In it, not equal to it: rules of the tenant may have put their mark in front.
        """
        escaped = subject.replace("'", "''")
        body = await self.graph.get(f"/users/{mailbox}/messages", **{"$filter": f"contains(subject,'{escaped}')"})
        return [await self._with_headers(mailbox, item) for item in body.get("value", [])]

    async def _with_headers(self, mailbox: str, item: Json) -> Found:
        whole = await self.graph.get(f"/users/{mailbox}/messages/{item['id']}", **{"$select": "internetMessageHeaders"})
        headers: dict[str, str] = {}
        for field in whole.get("internetMessageHeaders") or ():
            headers.setdefault(str(field["name"]).lower(), str(field["value"]))
        return Found(str(item["id"]), headers)

    async def send(self, mailbox: str, subject: str, text: str, headers: dict[str, str]) -> None:
        """Send a message from a mailbox to itself; only `X-` headers are allowed by Graph."""
        message = {
            "subject": subject,
            "body": {"contentType": "Text", "content": text},
            "toRecipients": [{"emailAddress": {"address": mailbox}}],
            "internetMessageHeaders": [{"name": name, "value": value} for name, value in headers.items()],
        }
        url = f"{self.graph.base}/v1.0/users/{mailbox}/sendMail"
        await self.graph.request("POST", url, json={"message": message, "saveToSentItems": False})

    async def send_whole(self, mailbox: str, content: bytes) -> None:
        """Send a finished message to whom its own fields name; Graph takes MIME as base64 text (sendMail)."""
        url = f"{self.graph.base}/v1.0/users/{mailbox}/sendMail"
        await self.graph.request("POST", url, text=base64.b64encode(content).decode())

    async def remove(self, mailbox: str, message_id: str) -> None:
        """Delete a message for good."""
        await self.graph.request(
            "POST", f"{self.graph.base}/v1.0/users/{mailbox}/messages/{message_id}/permanentDelete"
        )
