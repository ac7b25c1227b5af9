"""The sender's domain says what it is for (mail, access, money, parcels) instead of whose it is, or puts such a word
behind a name, of a well-known brand or of the firm that seems to write.

Why it matters: `storage-mail-admin.example`, `teams-messages.example` and `harbour-tools-invoicing.example` are
registered for one campaign; firms use their name.
Known false positives: honest services that are called by what they do (weak alone; other signs make it count).
References: MITRE ATT&CK T1583.001; Anti-Phishing Working Group, "Phishing Activity Trends Report".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.purposes import NONE, purpose_of
from lockgate.detection.text import skeleton
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Mailbox

READ = 4_000


@detector("impersonation.purpose-domain", Category.PHISHING, weight=1.7, direction=Direction.INBOUND)
def purpose_domain(content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    author = content.header_from
    domain = author.domain
    if not domain or origin.is_internal(domain) or (history is not None and history.known) or content.is_discussion:
        return
    purpose = purpose_of(domain)
    if purpose is NONE or covers("free_mail", domain) or _reports_for_exchange(author):
        return
    unsaid = purpose.lengthened and purpose.lengthened not in skeleton(content.words[:READ])
    strength = purpose.strength * (0.5 if unsaid else 1.0)
    yield Found(f"the sender's domain {domain} {purpose.how}", (Evidence("header From", domain),), strength)


def _reports_for_exchange(author: Mailbox) -> bool:
    """Whether it is the address from which Exchange Online sends a tenant's reports about undelivered mail."""
    local, _, domain = author.address.lower().rpartition("@")
    return domain.endswith(".onmicrosoft.com") and local.startswith(("postmaster", "microsoftexchange"))
