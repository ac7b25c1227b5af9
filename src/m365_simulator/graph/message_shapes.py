"""One stored message as Graph's `message`: parsed from its bytes, property by property."""

import email.policy
from collections.abc import Callable
from datetime import UTC
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

from m365_simulator.graph.call import Call
from m365_simulator.graph.mail_ids import folder_id, message_id
from m365_simulator.mail_flow.headers import HeaderBlock, decode_words
from m365_simulator.world import JsonValue, Properties, StoredMessage

PREVIEW = 255


class Opened:
    """A stored message, parsed no further than it is asked about."""

    def __init__(self, call: Call, stored: StoredMessage) -> None:
        self.call, self.stored = call, stored

    @cached_property
    def header(self) -> HeaderBlock:
        """The raw header fields."""
        return HeaderBlock(self.stored.content)

    @cached_property
    def whole(self) -> EmailMessage:
        """The whole message."""
        return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(self.stored.content)

    def people(self, name: str) -> list[Properties]:
        """The addresses of a field."""
        pairs = getaddresses(self.header.all(name))
        return [
            {"emailAddress": {"name": decode_words(shown) or address, "address": address}} for shown, address in pairs
        ]

    def value(self, name: str) -> JsonValue:
        """One property; null for an unknown one."""
        found = PROPERTIES.get(name)
        return found(self) if found is not None else None

    @cached_property
    def body(self) -> tuple[str, str]:
        """Kind (`html` or `text`) and content of the part that a reader sees."""
        part = self.whole.get_body(("html", "plain"))
        if part is None:
            return "text", ""
        try:
            content = part.get_content()
        except (LookupError, ValueError):
            content = part.get_payload()
        return ("html" if part.get_content_type() == "text/html" else "text"), str(content)

    def sent(self) -> str:
        """The Date field in UTC, or the moment of receipt."""
        try:
            moment = parsedate_to_datetime(self.header.first("date"))
        except ValueError:
            moment = self.stored.received
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _headers(opened: Opened) -> JsonValue:
    parsed = BytesHeaderParser(policy=email.policy.compat32).parsebytes(opened.stored.content)
    return [
        {"name": name, "value": str(value).replace("\r", "").replace("\n", "").strip()}
        for name, value in parsed.items()
    ]


def _body(opened: Opened) -> JsonValue:
    kind, content = opened.body
    if opened.call.prefers("outlook.body-content-type=text") and kind == "html":
        plain = opened.whole.get_body(("plain",))
        return {"contentType": "text", "content": str(plain.get_content()) if plain is not None else content}
    return {"contentType": kind, "content": content}


def _first(opened: Opened, name: str) -> JsonValue:
    people = opened.people(name)
    return people[0] if people else None


def _many(name: str) -> Callable[[Opened], JsonValue]:
    return lambda opened: list(opened.people(name))


def _received(opened: Opened) -> str:
    return opened.stored.received.strftime("%Y-%m-%dT%H:%M:%SZ")


def _nothing(opened: Opened) -> JsonValue:
    del opened
    return []


def _focused(opened: Opened) -> JsonValue:
    del opened
    return "focused"


def _importance(opened: Opened) -> str:
    written = opened.header.first("importance").lower()
    return written if written in {"low", "high"} else "normal"


PROPERTIES: dict[str, Callable[[Opened], JsonValue]] = {
    "id": lambda opened: message_id(opened.call, opened.stored),
    "createdDateTime": _received,
    "lastModifiedDateTime": _received,
    "changeKey": lambda opened: opened.stored.id[:8],
    "categories": _nothing,
    "receivedDateTime": _received,
    "sentDateTime": Opened.sent,
    "hasAttachments": lambda opened: any(True for _ in opened.whole.iter_attachments()),
    "internetMessageId": lambda opened: opened.header.first("message-id") or None,
    "subject": lambda opened: decode_words(opened.header.first("subject")),
    "bodyPreview": lambda opened: " ".join(opened.body[1].split())[:PREVIEW],
    "importance": _importance,
    "parentFolderId": lambda opened: folder_id(opened.stored.folder),
    "conversationId": lambda opened: opened.header.first("references").split(" ")[0] or opened.stored.id,
    "isRead": lambda opened: opened.stored.is_read,
    "isDraft": lambda opened: opened.stored.folder == "drafts",
    "inferenceClassification": _focused,
    "body": _body,
    "sender": lambda opened: _first(opened, "sender") or _first(opened, "from"),
    "from": lambda opened: _first(opened, "from"),
    "toRecipients": _many("to"),
    "ccRecipients": _many("cc"),
    "bccRecipients": _many("bcc"),
    "replyTo": _many("reply-to"),
    "internetMessageHeaders": _headers,
}
# Not in the answer unless selected.
ONLY_SELECTED = {"internetMessageHeaders"}
BASIC = {"body", "bodyPreview"}  # what Mail.ReadBasic does not show


def shown(opened: Opened, select: list[str], *, basic: bool) -> Properties:
    """The message with the selected properties, or all usual ones; `basic` hides the content."""
    spelled = {name.lower(): name for name in PROPERTIES}
    wanted = ["id", *(spelled[name.lower()] for name in select if name.lower() in spelled)]
    names = list(dict.fromkeys(wanted)) if select else [name for name in PROPERTIES if name not in ONLY_SELECTED]
    hidden = BASIC if basic else set()
    found: Properties = {"@odata.etag": f'W/"{opened.stored.id[:8]}"'}
    return {**found, **{name: PROPERTIES[name](opened) for name in names if name not in hidden}}
