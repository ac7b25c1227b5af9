"""Copies of one message in mailboxes, through Graph: find, move, read, delete (microsoft-365.md §2.4).

Rule: an id is immutable, so it names the same copy after a move. What is gone already is said as a value.
"""

from dataclasses import dataclass
from urllib.parse import quote

from lockgate.microsoft365.graph_client import GraphClient, NotFound

JUNK, DELETED_ITEMS = "junkemail", "deleteditems"  # well-known folder names


@dataclass(frozen=True, slots=True)
class Located:
    """A copy, and the folder that it is in."""

    item_id: str
    folder_id: str


@dataclass(frozen=True, slots=True)
class DeliveredCopies:
    """One tenant's. Methods raise NotFound when mailbox or copy is not there, PermanentError, TemporaryError."""

    graph: GraphClient

    async def find(self, mailbox: str, internet_message_id: str) -> list[Located]:
        """Every copy in any folder."""
        escaped = internet_message_id.replace("'", "''")
        query = {"$filter": f"internetMessageId eq '{escaped}'", "$select": "id,parentFolderId"}
        return [
            Located(str(item["id"]), str(item["parentFolderId"]))
            async for page in self.graph.pages(f"/users/{quote(mailbox)}/messages", **query)
            for item in page.items
        ]

    async def folder_of(self, mailbox: str, item_id: str) -> str:
        """The folder that the copy is in now."""
        body = await self.graph.get(_path(mailbox, item_id), **{"$select": "parentFolderId"})
        return str(body["parentFolderId"])

    async def folder(self, mailbox: str, name: str) -> str:
        """The id of a well-known folder."""
        return str((await self.graph.get(f"/users/{quote(mailbox)}/mailFolders/{name}", **{"$select": "id"}))["id"])

    async def move(self, mailbox: str, item_id: str, folder: str) -> None:
        """Into a folder, by id or well-known name."""
        url = f"{self.graph.base}/v1.0{_path(mailbox, item_id)}/move"
        await self.graph.request("POST", url, json={"destinationId": folder})

    async def content(self, mailbox: str, item_id: str) -> bytes:
        """The message as MIME."""
        return await self.graph.content(f"{_path(mailbox, item_id)}/$value")

    async def delete(self, mailbox: str, item_id: str) -> None:
        """For good: nobody finds it in the recoverable items."""
        try:
            await self.graph.request("POST", f"{self.graph.base}/v1.0{_path(mailbox, item_id)}/permanentDelete")
        except NotFound:
            pass  # a try before this one has done it


def _path(mailbox: str, item_id: str) -> str:
    return f"/users/{quote(mailbox)}/messages/{item_id}"
