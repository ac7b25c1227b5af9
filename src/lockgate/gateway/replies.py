"""The one place that turns what happened into an SMTP reply. Peers get bland text; causes go to the log."""

import re
from collections.abc import Sequence

from lockgate.gateway.arrival import Refusal
from lockgate.smtp.delivery import RecipientOutcome
from lockgate.smtp.protocol.replies import Reply

_WORDS = re.compile(r"([2-5]\d\d)(?: ([245]\.\d{1,3}\.\d{1,3})\b)? ?(.*)", re.DOTALL)
TRY_LATER = Reply(451, "4.3.0", "Temporary failure, try again later")
BUSY = Reply(452, "4.3.1", "Too much mail in progress, try again later")
INSPECTION_INCOMPLETE = Reply(451, "4.7.1", "The message could not be inspected completely, try again later")


def rejected(reason: str) -> Reply:
    """The policy rejects; its author wrote the reason for the sender (RFC 3463 §3.8: X.7.1). ASCII, as SMTP wants."""
    text = " ".join(reason.encode("ascii", "replace").decode("ascii").split())
    return Reply(550, "5.7.1", text or "Rejected by the recipient's policy")


def accepted(message_id: str) -> Reply:
    """Every recipient has an owner."""
    return Reply(250, "2.0.0", f"Ok: {message_id}")


def of_refusal(refusal: Refusal) -> Reply:
    """A message that is not let in."""
    return Reply(refusal.code, refusal.enhanced, refusal.text)


def of_next_hop(outcomes: Sequence[RecipientOutcome]) -> Reply:
    """Nothing is settled: the sender hears the next hop's own word, a temporary one if there is any."""
    chosen = next((outcome for outcome in outcomes if not outcome.reply.is_permanent), outcomes[0])
    reply = chosen.reply
    if reply.is_positive:
        return TRY_LATER
    return Reply(reply.code, reply.enhanced or f"{reply.code // 100}.0.0", f"The next hop said: {reply.text}"[:400])


def from_words(words: str) -> Reply:
    """The reply that `in_words` wrote down; a temporary failure when it is none."""
    found = _WORDS.match(words)
    return Reply(int(found[1]), found[2] or "", found[3]) if found else Reply(451, "4.0.0", words)


def in_words(reply: Reply) -> str:
    """A reply as one line of a trace."""
    return " ".join(f"{reply.code} {reply.enhanced} {reply.text}".split())
