"""From what is to be said to a finished message, as text and as HTML, from one pair of templates.

RFC 3834 §5: `Auto-Submitted` keeps other programs from answering; nobody who answers gets into a circle with us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lockgate.model.notification import Attachment, Letter
from lockgate.model.report import Brand
from lockgate.notifications.notices.rendering import Told
from lockgate.notifications.signature import Signature
from lockgate.storage.letters import DIGEST, NOTICE

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
REPORT = "report"
REVIEW = "review"
ASCII_ONLY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Mailing:
    """Who writes, to whom administrators' mail goes, and at most how often."""

    sender: str
    recipients: tuple[str, ...]
    pause: timedelta
    host: str  # our own name, for Message-ID
    console: str  # where the console is


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter says: `template` is the name of a pair in `templates/`, filled with `values`."""

    purpose: str
    subject: str
    template: str
    values: dict[str, object]
    attachments: Sequence[Attachment] = ()
    logo: bytes = b""  # a PNG that the page shows as `cid:logo`


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes letters."""

    mailing: Mailing
    signature: Signature

    def digest(self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]) -> Letter:
        """The letter that tells one person what is held for them. Implements `end_users.ports.Writes`."""
        return self.write(Draft(DIGEST, subject, DIGEST, values), letter_id, now, (recipient,))

    def report_answer(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to somebody who has reported a message. Implements `end_users.reports.ports.Answers`."""
        return self.write(Draft(DIGEST, subject, "report_answer", values), letter_id, now, (recipient,))

    def reports_over(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to somebody who has reported very much. Implements `end_users.reports.ports.Answers`."""
        return self.write(Draft(DIGEST, subject, "reports_over", values), letter_id, now, (recipient,))

    def review(self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]) -> Letter:
        """The letter that asks a reviewer about a held message. Implements `end_users.ports.Writes`."""
        return self.write(Draft(REVIEW, subject, REVIEW, values), letter_id, now, (recipient,))

    def rejected(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to whoever sent what a reviewer has rejected. Implements `end_users.ports.Writes`."""
        return self.write(Draft(DIGEST, subject, "rejected", values), letter_id, now, (recipient,))

    def report(
        self,
        letter_id: str,
        now: datetime,
        recipients: tuple[str, ...],
        subject: str,
        values: Mapping[str, object],
        attachments: Sequence[Attachment],
    ) -> Letter:
        """The letter that brings a report. Implements `reporting.reports.ports.Mails`."""
        return self.write(Draft(REPORT, subject, REPORT, dict(values), attachments), letter_id, now, recipients)

    def notice(
        self, letter_id: str, now: datetime, recipient: str, told: Told, brand: Brand, language: str, foot: str
    ) -> Letter:
        """The letter of an organisation's own notification, as its brand looks."""
        values: dict[str, object] = {"told": told, "brand": brand, "language": language, "foot": foot}
        return self.write(Draft(NOTICE, told.subject, NOTICE, values, logo=brand.logo), letter_id, now, (recipient,))

    @property
    def console(self) -> str:
        """Where the console is, without a slash at the end."""
        return self.mailing.console.rstrip("/")

    def write(self, draft: Draft, letter_id: str, now: datetime, recipients: tuple[str, ...] = ()) -> Letter:
        """The letter, for the administrators unless others are named."""
        mine, to = self.mailing, recipients or self.mailing.recipients
        values = {"subject": draft.subject, "console": self.console, "host": mine.host, **draft.values}
        message = EmailMessage(ASCII_ONLY)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{letter_id}@{mine.host}>"
        message["From"] = formataddr(("Lockgate", mine.sender))
        message["To"] = ", ".join(to)
        message["Subject"] = " ".join(draft.subject.split())
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"  # what Exchange understands
        message.set_content(TEMPLATES.get_template(f"{draft.template}.txt").render(values))
        message.add_alternative(TEMPLATES.get_template(f"{draft.template}.html").render(values), subtype="html")
        if draft.logo:
            page = message.get_body(("html",))
            assert isinstance(page, EmailMessage)  # noqa: S101 - it was added a moment ago
            page.add_related(draft.logo, "image", "png", cid="<logo>")
        for file in draft.attachments:
            kind, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content, kind, subtype, filename=file.name)
        return Letter(letter_id, draft.purpose, to, draft.subject, self.signature.sign(message), now)
