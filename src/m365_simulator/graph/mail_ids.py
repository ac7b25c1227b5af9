"""Ids of messages and folders. A default message id contains the folder, so it dies when the message moves;

an immutable one (`Prefer: IdType="ImmutableId"`) does not (microsoft-365.md §2.4).
"""

import base64

from m365_simulator.graph.call import Call
from m365_simulator.graph.errors import GraphError, item_not_found
from m365_simulator.world import Mailbox, StoredMessage

WELL_KNOWN = {
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "outbox": "Outbox",
    "archive": "Archive",
    "clutter": "Clutter",
    "conversationhistory": "Conversation History",
    "recoverableitemsdeletions": "Deletions",
}
PURGES = "recoverableitemspurges"
HIDDEN = {"recoverableitemsdeletions", PURGES}
_CHANGING, _IMMUTABLE, _FOLDER = "AAMkAD", "AAkALg", "AQMkAD"


def _packed(prefix: str, text: str) -> str:
    return prefix + base64.urlsafe_b64encode(text.encode()).decode()


def _unpacked(word: str) -> str:
    try:
        return base64.urlsafe_b64decode(word).decode()
    except ValueError:
        return ""


def message_id(call: Call, message: StoredMessage) -> str:
    """The id to show, of the kind that the request prefers."""
    if call.prefers("IdType=ImmutableId"):
        return _packed(_IMMUTABLE, message.id)
    return _packed(_CHANGING, f"{message.id}/{message.folder}")


def folder_id(folder: str) -> str:
    """The id of a folder."""
    return _packed(_FOLDER, folder)


def find_message(mailbox: Mailbox, wanted: str) -> StoredMessage:
    """The message with this id. Raises GraphError 404: unknown, purged, or moved since a default id was made."""
    prefix, name = wanted[:6], _unpacked(wanted[6:])
    own, _, folder = name.partition("/")
    for message in mailbox.messages:
        fits = prefix == _IMMUTABLE or (prefix == _CHANGING and message.folder == folder)
        if message.id == own and message.folder != PURGES and fits:
            return message
    raise item_not_found()


def folder_name(mailbox: Mailbox, wanted: str) -> str:
    """The folder with this id or well-known name. Raises GraphError 404."""
    name = _unpacked(wanted[6:]) if wanted.startswith(_FOLDER) else wanted.lower()
    if name in WELL_KNOWN or any(message.folder == name for message in mailbox.messages):
        return name
    raise GraphError(404, "ErrorFolderNotFound", "The specified folder could not be found in the store.")
