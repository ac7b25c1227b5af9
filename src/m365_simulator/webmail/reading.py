"""A stored message as a reader sees it. Nothing of a message is trusted: HTML is only ever shown in a sandbox."""

import email
import email.message
from dataclasses import dataclass
from datetime import datetime

from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.world import StoredMessage


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a folder."""

    id: str
    sender: str
    recipients: str
    subject: str
    received: datetime
    is_read: bool
    size: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that can be saved; `number` is its place among all parts."""

    number: int
    name: str
    content_type: str
    size: int


def line(stored: StoredMessage) -> Line:
    """The row for one message."""
    block = HeaderBlock(stored.content)
    return Line(
        id=stored.id,
        sender=shown(block, "From") or stored.mail_from,
        recipients=shown(block, "To"),
        subject=shown(block, "Subject") or "(no subject)",
        received=stored.received,
        is_read=stored.is_read,
        size=len(stored.content),
    )


def shown(block: HeaderBlock, name: str) -> str:
    """A field's first value, encoded words read, without stray code units."""
    value = next(iter(block.decoded(name)), "")
    return value.encode("utf-8", "replace").decode()


def header_lines(content: bytes) -> list[tuple[str, str]]:
    """Every field, name and value, as it stands."""
    pairs = (raw.partition(b":") for raw in HeaderBlock(content).fields)
    return [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace").strip()) for name, _, value in pairs]


def attachments(content: bytes) -> list[Attachment]:
    """Every part with a file name."""
    found: list[Attachment] = []
    for number, part in enumerate(email.message_from_bytes(content).walk()):
        name = part.get_filename()
        if name:
            found.append(Attachment(number, name, part.get_content_type(), len(payload(part))))
    return found


def attachment(content: bytes, number: int) -> tuple[str, bytes]:
    """Name and bytes of one part; LookupError when there is none."""
    for place, part in enumerate(email.message_from_bytes(content).walk()):
        if place == number and part.get_filename():
            return str(part.get_filename()), payload(part)
    raise LookupError(number)


def body(content: bytes) -> tuple[str, str]:
    """What to show: `html` or `plain`, and the text. HTML is preferred, as mail programs do."""
    texts: dict[str, str] = {}
    for part in email.message_from_bytes(content).walk():
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            texts.setdefault(part.get_content_subtype(), _text(part))
    if "html" in texts:
        return "html", texts["html"]
    return "plain", texts.get("plain") or next(iter(texts.values()), "")


def payload(part: email.message.Message) -> bytes:
    """The decoded bytes of a part; of an attached message its source."""
    decoded = part.get_payload(decode=True)
    if isinstance(decoded, bytes):
        return decoded
    inner = part.get_payload()
    return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], email.message.Message) else b""


def _text(part: email.message.Message) -> str:
    try:
        return payload(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload(part).decode("utf-8", "replace")
