"""Mail programs would not agree about who wrote the message.

Why it matters: authentication checks one address and the reader is shown another: two From fields, several authors of
different organisations, an address inside an address, NUL or encoded words where none may stand.
Known false positives: a message with several true authors names who sent it in Sender (not counted).
References: RFC 5322 §3.6.2; RFC 7489 §6.6.1; Haddouche, "Mailsploit", 2017; Chen et al., "Composition Kills", 2020.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("evasion.ambiguous-sender", Category.EVASION, weight=3.0, direction=Direction.INBOUND)
def ambiguous_sender(message: Message, content: Content) -> Iterator[Outcome]:
    shown = ", ".join(f"{author.display_name} <{author.address}>" for author in content.authors)
    evidence = (Evidence("header From", shown),)
    domains = {registered_domain(author.domain) for author in message.header_from if author.domain}
    if message.other_authors:
        other = message.other_authors[0].address
        yield Found(f"some mail programs would show {other} as the sender, others not", evidence, 1.2)
    elif len([*message.header_values("From")]) > 1 and len(domains) > 1:
        yield Found("there are several From fields, with addresses of different organisations", evidence)
    elif len(domains) > 1 and message.sender is None and not content.is_discussion:
        yield Found("there are several senders, of different organisations", evidence, 0.6)
