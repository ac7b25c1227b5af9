"""A delivery status notification (RFC 3464) for recipients whom the next hop refused after others were settled.

Needed only for mixed outcomes: one SMTP reply covers all recipients, so once somebody has the message the sender
cannot be told 5xx any more and hears by mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from lockgate.model.envelope import Envelope, Recipient

HEADER_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """One recipient and the next hop's final word."""

    recipient: Recipient
    code: int
    enhanced: str
    text: str


def wants_report(envelope: Envelope, recipient: Recipient) -> bool:
    """Whether a failure is to be reported: never to the null path (RFC 5321 §4.5.5), nor against NOTIFY."""
    if not envelope.mail_from:
        return False
    return recipient.notify is None or "FAILURE" in recipient.notify.upper()


def report(
    envelope: Envelope, refused: Sequence[Refused], original: bytes, hostname: str, message_id: str, at: datetime
) -> bytes:
    """The notification as bytes with CRLF line ends; it returns the original's header only (RFC 6522 §4)."""
    note = EmailMessage(policy=SMTP)
    note["From"] = f"Mail Delivery System <postmaster@{hostname}>"
    note["To"] = envelope.mail_from
    note["Subject"] = "Undelivered Mail Returned to Sender"
    note["Date"] = format_datetime(at)
    note["Message-ID"] = f"<{message_id}@{hostname}>"
    note["Auto-Submitted"] = "auto-replied"  # RFC 3834 §5
    lines = [f"{item.recipient.address}: {item.code} {item.enhanced} {item.text}" for item in refused]
    note.set_content("Your message could not be delivered to:\n\n" + "\n".join(lines) + "\n")
    note.make_mixed()
    note.attach(_status(refused, hostname, envelope))
    headers = EmailMessage(policy=SMTP)
    headers.set_content(original[:HEADER_LIMIT].partition(b"\r\n\r\n")[0].decode("ascii", "replace"))
    headers.replace_header("Content-Type", "text/rfc822-headers")
    note.attach(headers)
    note.replace_header("Content-Type", note["Content-Type"].replace("multipart/mixed", "multipart/report"))
    note.set_param("report-type", "delivery-status")
    return note.as_bytes()


def _status(refused: Sequence[Refused], hostname: str, envelope: Envelope) -> EmailMessage:
    """The machine-readable part: one block for the message, one per recipient (RFC 3464 §2)."""
    blocks = [
        f"Reporting-MTA: dns; {hostname}" + (f"\nOriginal-Envelope-Id: {envelope.envid}" if envelope.envid else "")
    ]
    for item in refused:
        original = f"Original-Recipient: {item.recipient.orcpt}\n" if item.recipient.orcpt else ""
        blocks.append(
            f"{original}Final-Recipient: rfc822; {item.recipient.address}\nAction: failed\n"
            f"Status: {item.enhanced or '5.0.0'}\nDiagnostic-Code: smtp; {item.code} {item.enhanced} {item.text}"
        )
    part = EmailMessage(policy=SMTP)
    part.set_content("\n\n".join(blocks) + "\n")
    part.replace_header("Content-Type", "message/delivery-status")
    return part
