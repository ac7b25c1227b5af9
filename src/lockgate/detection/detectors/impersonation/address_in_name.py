"""The sender's name is itself an address, and another than the one that writes.

Why it matters: clients that show the name show the wrong address with it.
Known false positives: mail that a service sends on behalf of a user, such as shared calendars.
References: MITRE ATT&CK T1656; RFC 5322 §3.4.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_ADDRESS = re.compile(r"[\w.+\-]{1,64}@((?:[\w\-]{1,63}\.){1,5}[a-z]{2,24})", re.IGNORECASE)


@detector("impersonation.address-in-name", Category.PHISHING, weight=2.0, direction=Direction.INBOUND)
def address_in_name(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    match = _ADDRESS.search(author.display_name)
    if match is None or content.is_discussion or same_organisation(match.group(1), author.domain):
        return
    recipients = {address.lower() for address in origin.rcpt_tos} | {to.address.lower() for to in message.to}
    own = match.group().lower() in recipients or origin.is_internal(match.group(1))
    explanation = f"the sender is called {match.group()} and writes from {author.address or 'no address'}"
    evidence = (Evidence("header From", f"{author.display_name} <{author.address}>"),)
    yield Found(explanation + (", using the recipient's own name" if own else ""), evidence, 1.6 if own else 1.0)
