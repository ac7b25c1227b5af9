"""Lets mail of this installation's own pass: news of broken inspection must not be held by broken inspection.

Rule: only what `Recognises` proves to be ours passes; it is relayed unchanged and traced as every other message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.examination import Examined
from lockgate.gateway.frames import Summary
from lockgate.gateway.journal import Journal
from lockgate.gateway.pipeline import Examines
from lockgate.mime.headers import scan
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Recipient
from lockgate.model.findings import Report, Verdict
from lockgate.model.trace import Step

TEXT_LIMIT = 500  # characters of a field in the trace
WHY = "Mail of this Lockgate's own; it passes unjudged"


class Recognises(Protocol):
    """Knows our own mail."""

    def recognises(self, content: bytes) -> bool:
        """Whether we have written this message, so that nobody else can have. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class PassingOwnMail:
    """Implements `pipeline.Examines` in front of the real examination."""

    others: Examines
    own_mail: Recognises

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        """Ours passes; everything else is judged."""
        if not self.own_mail.recognises(arrival.content):
            return await self.others.examine(arrival, recipients, tries, journal)
        journal.note(Step.OWN_MAIL, "proven by its mark")
        decisions = tuple(Decision(one.address, Fate.RELAY, Changes(), WHY) for one in recipients)
        for decision in decisions:
            journal.note(Step.DECIDED, decision.explanation, decision.rcpt_to)
        header = scan(arrival.content)
        sender, subject, number = [
            (header.value(name) or "")[:TEXT_LIMIT] for name in ("From", "Subject", "Message-ID")
        ]
        journal.parsed(Summary(sender, subject, number, 1, ()))
        return Examined(Report(Verdict.CLEAN, 0.0, ()), decisions, {}, sender, subject)
