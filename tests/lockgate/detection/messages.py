"""Short ways to a parsed message and its facts."""

from lockgate.detection.content import Content
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.facts import Fact, Facts, Origin
from lockgate.model.message import Message
from tests.lockgate.detection.sample_files import with_attachments

INBOUND = Origin(Direction.INBOUND, "ada@sender.example", ("tom@contoso.com",), frozenset({"contoso.com"}))


def message(body: str = "Hello.", *attachments: tuple[str, str], subject: str = "Hello") -> Message:
    """A letter with files as `sample_files` builds them."""
    head = f"From: Ada <ada@sender.example>\r\nTo: tom@contoso.com\r\nSubject: {subject}\r\n\r\n"
    return parse(with_attachments((head + body).encode(), list(attachments)))


def content(*attachments: tuple[str, str]) -> Content:
    """The derived views of a letter with these files."""
    return Content(message("Hello.", *attachments))


def facts(*more: Fact) -> Facts:
    """Inbound mail, with further facts."""
    return Facts((INBOUND, *more))
