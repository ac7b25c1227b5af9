"""A domain that says what it is for, and a text that asks for just that: access, money, a parcel's fee.

Why it matters: honest services are called by what they do, and attackers' domains too; those of attackers write to
strangers about accounts and payments, and lead to pages of their own.
Known false positives: first notices of services that are called by what they do.
References: MITRE ATT&CK T1566.002, T1583.001.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence

_TOPICS = (
    "credential", "account-threat", "delivery-fee", "document-share", "tax-and-authority", "payment-request", "urgency",
    "callback", "bank-details-change", "payroll-change",
)  # fmt: skip
_WISHES = frozenset({"payment", "bank account", "codes", "wages", "records"})


@detector("correlation.purpose-with-lure", Category.PHISHING, weight=2.2, direction=Direction.INBOUND)
def purpose_with_lure(signals: Signals, content: Content) -> Iterator[Outcome]:
    domains = signals.of("impersonation.purpose-domain", least=1.0)
    if not domains or signals.is_vouched_for:
        return
    own = content.header_from.domain
    asked = [one.phrase for one in content.said(*_TOPICS)] or sorted(content.wishes.names & _WISHES)
    leads = any(same_organisation(target.host, own) for target in content.web_targets)
    if asked and (leads or len(asked) > 1):
        grave = content.said("credential", "account-threat", "delivery-fee", "tax-and-authority")
        explanation = f"{domains[0].explanation}, and the text is about '{asked[0]}'"
        yield Found(
            explanation, (*evidence_of(domains[:1]), Evidence("text", ", ".join(asked[:4]))), 1.4 if grave else 1.0
        )
