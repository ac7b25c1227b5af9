"""How a letter would look: of an invented message or of a past one, shown or sent to somebody as a test.

Rule: a preview is the letter itself, written by what writes letters; a text that cannot be saved is refused here too.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.notice import Audience, NoticeFacts, Outcome, outcome_of
from lockgate.model.notification import Letter
from lockgate.notifications.notices.matching import facts
from lockgate.notifications.notices.rendering import Speaker, Told
from lockgate.notifications.notices.settings import ADDRESS, NoticeText
from lockgate.notifications.notices.texts import words
from lockgate.notifications.ports import Knows
from lockgate.notifications.writing import Writer
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.branding import brand_of
from lockgate.storage.letters import Letters
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit

SOMEBODY = "somebody@example.com"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be seen. `message_id` is of the trace; empty: an invented message."""

    text: NoticeText
    audience: Audience
    language: str
    message_id: str = ""
    notification: str = "Preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as its reader sees it; `page` is the whole HTML, with the logo inside."""

    told: Told
    page: str


@dataclass(frozen=True, slots=True)
class Previews:
    """Shows letters, and sends them as tests."""

    database: Database
    knows: Knows
    writer: Writer
    clock: Clock
    new_id: Callable[[], str]

    def show(self, tenant_id: str, wanted: Wanted) -> Preview:
        """The letter. Raises InvalidInput for a message that is not in this organisation's trace."""
        with self.database.read() as unit:
            told, letter = self._written(unit, tenant_id, wanted, SOMEBODY)
        return Preview(told, _page(letter))

    def send(self, tenant_id: str, wanted: Wanted, recipient: str, author: Author) -> str:
        """Send it to this address; the id of the letter, which a controller delivers. Raises InvalidInput."""
        if not ADDRESS.fullmatch(recipient):
            raise InvalidInput(f"'{recipient}' is no address.")
        if not self.writer.mailing.sender:
            raise InvalidInput("No mail can be sent: set notifications.sender and a mail server in the settings file.")
        with self.database.write() as unit:
            _, letter = self._written(unit, tenant_id, wanted, recipient)
            Letters(unit).add(letter)
            done = {"recipient": recipient}
            entry = AuditEntry(author.at, author.name, "notices.test", letter.id, tenant_id, author.peer, after=done)
            AuditLog(unit).record(entry)
        return letter.id

    def _written(self, unit: Unit, tenant_id: str, wanted: Wanted, recipient: str) -> tuple[Told, Letter]:
        home, said, now = self.knows.home(unit, tenant_id), words(wanted.language), self.clock()
        known = _past(unit, tenant_id, wanted.message_id) if wanted.message_id else invented(wanted.audience, now)
        speaker = Speaker(wanted.notification, wanted.audience, home, self.writer.console, said, wanted.text)
        told, foot = speaker.say([known], 1), said.say("foot", organisation=home.name)
        brand = brand_of(unit, tenant_id)
        return told, self.writer.notice(self.new_id(), now, recipient, told, brand, wanted.language, foot)


def invented(audience: Audience, now: datetime) -> NoticeFacts:
    """A message that never was, with something for every token."""
    outbound = audience is Audience.SENDER
    return NoticeFacts(
        "0123456789abcdef0123456789abcdef", Direction.OUTBOUND if outbound else Direction.INBOUND, now,
        "Ada <ada@contoso.example>" if outbound else "Accounts <accounts@c0ntoso.example>",
        ("partner@outside.example",) if outbound else ("ada@contoso.example", "ben@contoso.example"),
        "Card numbers for the booking" if outbound else "Overdue: pay invoice 4711 <today>",
        Verdict.DLP if outbound else Verdict.PHISHING,
        ("A sender's domain looks like one of ours.", "A link goes elsewhere than it says."), Outcome.QUARANTINED,
        "Strict", "Dangerous mail",
    )  # fmt: skip


def _past(unit: Unit, tenant_id: str, message_id: str) -> NoticeFacts:
    trace = Traces(unit).get(message_id.strip())
    if trace is None or trace.tenant_id != tenant_id:
        raise InvalidInput("There is no message with this id in the organisation's trace.")
    settled = [(outcome, one) for one in trace.recipients if (outcome := outcome_of(one))]
    if not settled:
        raise InvalidInput("Nothing has become of this message yet, so nobody would be told of it.")
    first = settled[0][0]
    return facts(trace, first, [one for outcome, one in settled if outcome is first])


def _page(letter: Letter) -> str:
    message = message_from_bytes(letter.content, policy=default)
    found = message.get_body(("html",))
    assert isinstance(found, EmailMessage)  # noqa: S101 - every letter of ours has a page
    page = str(found.get_content())
    for part in message.walk():
        if part.get_content_type() == "image/png":
            page = page.replace("cid:logo", f"data:image/png;base64,{base64.b64encode(part.get_content()).decode()}")
    return page
