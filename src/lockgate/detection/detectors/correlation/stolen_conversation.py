"""A stolen conversation and a new bank account.

Why it matters: this pair costs companies more than all other mail fraud together.
Known false positives: none known; a real change of account deserves a telephone call.
References: FBI IC3 annual report; MITRE ATT&CK T1586.002, T1657.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category

SURE = 1.5
"""Log-odds of the wish from which on the account surely is another."""


@detector("correlation.stolen-conversation", Category.FRAUD, weight=2.0, direction=Direction.INBOUND)
def stolen_conversation(signals: Signals, content: Content) -> Iterator[Outcome]:
    stolen = signals.of("fraud.hijacked-thread", "impersonation.protected-domain", "impersonation.reply-to-diverges")
    if not stolen:
        return
    account = signals.of("fraud.bank-details-change")
    if content.demand is not None and content.demand.is_of_accounts:
        account += signals.of("fraud.impostors-wish", least=SURE)
    if account:
        explanation = f"the conversation is doubtful ({stolen[0].detector}) and the bank account is new"
        yield Found(explanation, evidence_of((stolen[0], account[0])))
