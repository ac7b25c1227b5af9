"""The message is a report about mail: not delivered, out of office, receipt, DMARC or TLS report.

Why it matters: such messages quote what they report about, and would be judged for it.
Known false positives: forged bounces that carry an attachment (files are judged all the same).
References: RFC 3464; RFC 3834; RFC 8098; RFC 5965; RFC 7489 §7.2.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_REPORTS = ("message/delivery-status", "message/disposition-notification", "message/feedback-report",
            "message/global-delivery-status", "application/tlsrpt+gzip", "application/tlsrpt+json")  # fmt: skip


@detector("innocence.automatic", Category.INNOCENCE, weight=-2.5, direction=Direction.INBOUND)
def automatic(message: Message) -> Iterator[Outcome]:
    report = next((part.content_type for part in message.parts if part.content_type in _REPORTS), "")
    if report:
        yield Found("it is a report about mail", (Evidence("part", report),))
        return
    submitted = (message.header("Auto-Submitted") or "").lower()
    if submitted.startswith("auto-replied"):
        yield Found("it is an automatic answer", (Evidence("header Auto-Submitted", submitted),), 0.6)
