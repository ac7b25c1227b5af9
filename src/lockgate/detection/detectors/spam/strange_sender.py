"""The From field is not one that a mail program writes: no address, a domain without a dot, several authors, or a name
made by a machine.

Why it matters: bulk senders of spam fill templates; RFC 5322 wants one real address there.
Known false positives: devices and monitoring systems with a bare host name (weak inside, and their mail is short).
References: RFC 5322 §3.6.2; RFC 7489 §6.6.1.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_MACHINE_LOCAL = re.compile(
    r"^(?:[a-z]{2,14}[_.][a-z]{2,14}_\d{4,6}|new[s_]?_?offre_[\d_]+|department-client-n\d+|renew[a-z0-9]{6,12}|"
    r"no-?reply-[a-z0-9]{7,})$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^[a-z]{1,3}\d{5,}[a-z]*$", re.IGNORECASE)  # staff and student numbers look like that, too
_RANDOM_LABEL = re.compile(r"^(?=[a-z0-9]{9,})(?:(?=.*\d.*[a-z].*\d)|(?=.*[bcdfghjklmnpqrstvwxz]{6}))[a-z0-9]+$")


@detector("spam.strange-sender", Category.SPAM, weight=2.3, direction=Direction.INBOUND)
def strange_sender(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if not message.header_from or "@" not in author.address:
        shown = message.header("From") or ""
        bounce = message.header("Return-Path") == "<>" or "mailer-daemon" in shown.lower()
        if not bounce:
            yield Found("there is no sender's address", (Evidence("header From", shown),), 1.0)
        return
    evidence = (Evidence("header From", f"{author.display_name} <{author.address}>"),)
    local, _, domain = author.address.rpartition("@")
    if "." not in domain and not origin.is_internal(domain):
        yield Found(f"the sender's domain {domain} cannot exist on the Internet", evidence, 1.2)
    if len(message.header_from) > 1:
        yield Found("there are several senders", evidence, 1.2)
    if _MACHINE_LOCAL.match(local):
        yield Found(f"the sender's address {local} is made by a machine", evidence, 1.2)
    if _NUMBERED.match(local):
        yield Found(f"the sender's address {local} is a number", evidence, 0.5)
    if any(_RANDOM_LABEL.match(name) for name in domain.lower().split(".")[:-1]):
        yield Found(f"the sender's domain {domain} is a row of random letters", evidence, 0.8)
