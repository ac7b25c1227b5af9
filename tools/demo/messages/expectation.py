# ruff: noqa: E501 - mail is written as people and programs write it
"""What the demo sends and what must become of it, per recipient. Sent and compared by the demo and by the tests alike."""

from dataclasses import dataclass
from functools import cached_property

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State

INBOX, JUNK, INTERNET, NOWHERE = "inbox", "junkemail", "internet", ""


@dataclass(frozen=True, slots=True)
class Expected:
    """The fate of one recipient.

    `reason` stands somewhere in the decision's explanation, `unchanged` says whether the sent bytes stand below the added
    header fields (None: nothing is delivered), and `shows` are bytes that a changed copy must hold.
    """

    recipient: str
    outcome: State
    folder: str
    reason: str = ""
    unchanged: bool | None = True
    shows: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class DemoMessage:
    """One message. Inbound ones come from the simulated Internet, outbound ones are submitted by `mail_from`."""

    name: str
    direction: Direction
    mail_from: str
    content: bytes
    expected: tuple[Expected, ...]
    smtputf8: bool = False

    @property
    def rcpt_tos(self) -> tuple[str, ...]:
        """The envelope's recipients."""
        return tuple(one.recipient for one in self.expected)

    @cached_property
    def internet_message_id(self) -> bytes:
        """By which a copy is recognised; empty when the message has none."""
        header = self.content.partition(b"\r\n\r\n")[0]
        lines = (line for line in header.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        return next(lines, b"").partition(b":")[2].strip()

    def is_copy(self, content: bytes) -> bool:
        """Whether `content` is a delivered copy, changed or not."""
        header = content.partition(b"\r\n\r\n")[0]
        wanted = self.internet_message_id
        return (bool(wanted) and wanted in header) or self.is_unchanged(content)

    def is_unchanged(self, content: bytes) -> bool:
        """Whether `content` holds the sent bytes, with nothing but header fields in front."""
        return content.endswith(self.content)


def relayed(recipient: str, reason: str = "no rule of policy", folder: str = INBOX) -> Expected:
    """Delivered as it was."""
    return Expected(recipient, State.RELAYED, folder, reason)


def changed(recipient: str, reason: str, *shows: bytes, folder: str = INBOX) -> Expected:
    """Delivered with a change that the policy names."""
    return Expected(recipient, State.RELAYED, folder, reason, unchanged=False, shows=shows)


def junked(recipient: str, reason: str) -> Expected:
    """Delivered into the junk folder."""
    return Expected(recipient, State.JUNKED, JUNK, reason)


def held(recipient: str, reason: str) -> Expected:
    """In our quarantine."""
    return Expected(recipient, State.QUARANTINED, NOWHERE, reason, unchanged=None)


def deleted(recipient: str, reason: str) -> Expected:
    """Gone, and recorded as such."""
    return Expected(recipient, State.DELETED, NOWHERE, reason, unchanged=None)
