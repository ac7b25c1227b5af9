"""The message calls itself bulk mail, or Exchange Online counts complaints about its sender.

Why it matters: it tells mail that goes to many from mail that goes to one.
Known false positives: none that matter; bulk mail passes by default.
References: RFC 2076 §3.9 (Precedence); Microsoft Learn, "Bulk complaint level (BCL) in EOP"; CSA, Feedback-ID.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import ExchangeVerdict
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

MARKS = ("Feedback-ID", "X-CSA-Complaints", "X-Campaign", "X-CampaignID", "X-Mailgun-Sid", "X-SG-EID", "X-MC-User",
         "X-Mailer-Campaign", "X-Mailchimp-Campaign", "X-CM-Campaign")  # fmt: skip
_MARKS = frozenset(map(str.lower, MARKS))


@detector("bulk.precedence", Category.BULK, weight=1.0, direction=Direction.INBOUND)
def precedence(message: Message, verdict: ExchangeVerdict | None) -> Iterator[Outcome]:
    declared = (message.header("Precedence") or "").strip().lower()
    if declared in ("bulk", "junk") and message.header("List-Post") is None:
        yield Found(f"the message declares itself {declared}", (Evidence("header Precedence", declared),))
    if message.has_any(_MARKS):
        mark = next(name for name in MARKS if message.header(name) is not None)
        yield Found("the message comes from a bulk sender's system", (Evidence(f"header {mark}", "present"),), 0.7)
    level = verdict.bulk_complaint if verdict is not None else None
    if level is not None and level >= 4:
        shown = f"BCL {level}"
        evidence = (Evidence("header X-Microsoft-Antispam", shown),)
        strength = 1.0 if level < 7 else 1.5
        yield Found(f"Exchange Online knows the sender for bulk mail ({shown})", evidence, strength)
