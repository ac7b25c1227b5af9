"""Header fields have values that the organisation has blocked.

Why it matters: a campaign is often told by what its program writes into a field that nobody sees.
Known false positives: a value that harmless programs write too; try the rule on past mail first.
References: RFC 5322 §3.6.8; MITRE ATT&CK T1566.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.header_matching import cases, found
from lockgate.model.facts import ExchangeVerdict, Origin
from lockgate.model.findings import Category
from lockgate.model.header_rules import HeaderRules, HeaderStanding
from lockgate.model.message import Message


@detector("reputation.blocked-header", Category.SPAM, weight=8.0, about=HeaderRules)
def blocked_header(
    message: Message, origin: Origin, rules: HeaderRules, exchange: ExchangeVerdict | None
) -> Iterator[Outcome]:
    for case in cases(rules, HeaderStanding.BLOCKED, message, origin, exchange):
        yield found(case, 1.0, "blocks it")
