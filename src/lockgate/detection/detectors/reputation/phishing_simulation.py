"""A simulation of phishing that the organisation has ordered: header fields, sending host and domain all fit together.

Why it matters: an exercise that the filter stops teaches nobody. Policies let it through and say so; malware in it, and
files that a policy blocks, stay what they are unless the rule says otherwise. Links of it stay as they are, so that a
click is the reader's own.
Known false positives: none without the sender's hosts, which a rule must name.
References: Microsoft, "Configure the delivery of third-party phishing simulations"; MITRE ATT&CK T1566.
"""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.header_matching import cases, found
from lockgate.model.envelope import Direction
from lockgate.model.facts import ExchangeVerdict, Origin
from lockgate.model.findings import Category
from lockgate.model.header_rules import SIMULATION, SIMULATION_WITH_FILES, HeaderRules, HeaderStanding
from lockgate.model.message import Message


@detector(
    "reputation.phishing-simulation", Category.INNOCENCE, weight=-40.0, direction=Direction.INBOUND, about=HeaderRules
)
def phishing_simulation(
    message: Message, origin: Origin, rules: HeaderRules, exchange: ExchangeVerdict | None
) -> Iterator[Outcome]:
    for case in cases(rules, HeaderStanding.SIMULATION, message, origin, exchange):
        sign = found(case, 1.0, "knows it as a simulation of phishing")
        labels = (SIMULATION, SIMULATION_WITH_FILES) if case.rule.with_files else (SIMULATION,)
        yield replace(sign, labels=(*labels, *sign.labels[1:]))
