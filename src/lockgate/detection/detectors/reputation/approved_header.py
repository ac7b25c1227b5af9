"""A header field has a value that the organisation has approved.

Why it matters: a partner's system, or a filter before ours, marks what it has looked at, and the organisation trusts
it. Anybody who knows field and value can write them, so that a rule which names neither networks, nor domains that
sender authentication proves, counts half, and the finding says what vouched. Malware stays malware.
Known false positives: a mark that somebody has copied.
References: RFC 8601 §5 (why marks from outside are removed); MITRE ATT&CK T1656.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.header_matching import cases, found
from lockgate.model.facts import ExchangeVerdict, Origin, SenderAuthentication
from lockgate.model.findings import Category
from lockgate.model.header_rules import HeaderRules, HeaderStanding
from lockgate.model.message import Message

UNPROVEN = 0.5  # of the weight: the field alone vouches


@detector("reputation.approved-header", Category.INNOCENCE, weight=-6.0, about=HeaderRules)
def approved_header(
    message: Message,
    origin: Origin,
    rules: HeaderRules,
    exchange: ExchangeVerdict | None,
    authentication: SenderAuthentication | None,
) -> Iterator[Outcome]:
    authenticated = authentication is not None and "pass" in (authentication.dmarc, authentication.compauth)
    for case in cases(rules, HeaderStanding.APPROVED, message, origin, exchange):
        if case.rule.networks or (case.rule.domains and authenticated):
            yield found(case, 1.0, "approves it; the host that sent it or sender authentication proves who did")
        else:
            yield found(case, UNPROVEN, "approves it; it counts half, because anybody can write that field")
