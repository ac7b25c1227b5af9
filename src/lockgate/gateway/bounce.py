"""A delivery status notification (RFC 3464) for recipients whom the next hop refused after others were settled.

Needed only for mixed outcomes: one SMTP reply covers all recipients, so once somebody has the message the sender
cannot be told 5xx any more and hears by mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lockgate.model.envelope import Envelope, Recipient
from lockgate.smtp.protocol.replies import Reply

HEADER_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """One recipient and the next hop's final word."""

    recipient: Recipient
    code: int
    enhanced: str
    text: str


def refused(recipient: Recipient, reply: Reply) -> Refused:
    """Somebody whom the next hop refused with that reply."""
    return Refused(recipient, reply.code, reply.enhanced, reply.text)


def expired(recipient: Recipient, last: Reply) -> Refused:
    """Somebody whom the next hop kept deferring until our time was over (RFC 3463 §3.5: X.4.7)."""
    return Refused(recipient, last.code, "5.4.7", f"Delivery time expired; the last answer was: {last}")


def wants_report(envelope: Envelope, recipient: Recipient) -> bool:
    """Whether a failure is to be reported: never to the null path (RFC 5321 §4.5.5), nor against NOTIFY."""
    if not envelope.mail_from:
        return False
    return recipient.notify is None or "FAILURE" in recipient.notify.upper()


def report(
    envelope: Envelope, refused: Sequence[Refused], original: bytes, hostname: str, message_id: str, at: datetime
) -> bytes:
    """The notification as bytes with CRLF line ends; it returns the original's header only (RFC 6522 §4).

    Written out by hand: the standard library's generator writes `message/delivery-status` only from parsed blocks.
    """
    boundary = f"=_{message_id}"
    told = "\n".join(f"{item.recipient.address}: {item.code} {item.enhanced} {item.text}" for item in refused)
    header = original[:HEADER_LIMIT].partition(b"\r\n\r\n")[0]
    parts = [
        f"""From: Mail Delivery System <postmaster@{hostname}>
To: {_one_line(envelope.mail_from)}
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(at)}
Message-ID: <{message_id}@{hostname}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=utf-8

Your message could not be delivered to:

{told}

--{boundary}
Content-Type: message/delivery-status

{_status(refused, hostname, envelope)}

--{boundary}
Content-Type: text/rfc822-headers

"""
    ]
    head = "".join(parts).replace("\n", "\r\n").encode("utf-8", "replace")
    return head + header + f"\r\n\r\n--{boundary}--\r\n".encode("ascii")


def _status(refused: Sequence[Refused], hostname: str, envelope: Envelope) -> str:
    """The machine-readable part: one block for the message, one per recipient (RFC 3464 §2)."""
    first = f"Reporting-MTA: dns; {hostname}"
    blocks = [f"{first}\nOriginal-Envelope-Id: {_one_line(envelope.envid)}" if envelope.envid else first]
    for item in refused:
        wanted = item.recipient.orcpt
        blocks.append(
            (f"Original-Recipient: {_one_line(wanted)}\n" if wanted else "")
            + f"Final-Recipient: rfc822; {_one_line(item.recipient.address)}\nAction: failed\n"
            f"Status: {item.enhanced or '5.0.0'}\n"
            f"Diagnostic-Code: smtp; {_one_line(f'{item.code} {item.enhanced} {item.text}')}"
        )
    return "\n\n".join(blocks)


def _one_line(text: str) -> str:
    return " ".join(text.split())
