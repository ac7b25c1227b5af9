"""The sender bears the full name of somebody in the organisation's directory, and writes from outside.

Why it matters: whoever asks a colleague for a favour needs no chief executive's name. Only where the organisation
guards the names of everybody (page High-profile people): first and last name must be equal. It is a doubt and no
verdict, because the world is full of namesakes; half of one for a name that several people of the directory bear, a
third where the organisation has written to that very address before.
Known false positives: namesakes, people who write from a private address, services that send in somebody's name; name
their addresses as exceptions.
References: MITRE ATT&CK T1656; FBI IC3, "Business Email Compromise: The $55 Billion Scam".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import name_words
from lockgate.model.envelope import Direction, domain_of
from lockgate.model.facts import Namesakes, Origin, ProtectedIdentities, SenderHistory
from lockgate.model.findings import Category, Evidence

COMMON, KNOWN, LIST = 0.5, 0.3, 0.5
ASKING = 1.5


@detector("impersonation.directory-name", Category.FRAUD, weight=1.6, direction=Direction.INBOUND, about=Namesakes)
def directory_name(
    content: Content,
    origin: Origin,
    namesakes: Namesakes,
    identities: ProtectedIdentities | None,
    history: SenderHistory | None,
) -> Iterator[Outcome]:
    leading = {name_words(person.display_name) for person in identities.people} if identities else set()
    for one in namesakes.namesakes:
        if origin.is_internal(domain_of(one.address)) or frozenset(one.name.split()) in leading:
            continue
        strength = COMMON if one.people > 1 else 1.0
        strength *= KNOWN if history is not None and history.wrote_to else 1.0
        strength *= LIST if content.is_discussion else 1.0
        asks = content.said("payment-request", "gift-card-request", "payroll-change", "availability-probe")
        shown = next((author for author in content.authors if author.address.lower() == one.address), None)
        name = shown.display_name if shown else one.name
        yield Found(
            f"the sender is called like somebody in the directory, {name}, and writes from {one.address}",
            (Evidence("header From", f"{name} <{one.address}>"),),
            strength * (ASKING if asks else 1.0),
            ("impersonation:colleague",),
        )
