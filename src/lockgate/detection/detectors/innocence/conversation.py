"""The message is an answer in a conversation: it names what it answers and quotes it.

Why it matters: strangers start conversations; those who answer were written to. Few forgers take that trouble.
Known false positives: stolen conversations that are answered by somebody else (other signs then speak).
References: RFC 5322 §3.6.4.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_QUOTED = re.compile(
    r"^>|\bwrote:|schrieb:|a écrit|escribió:|ha scritto:|escreveu:|schreef:|napisał|skrev:", re.MULTILINE
)

STOLEN = 1.5
"""Log-odds from which on an answer that wants money to go to another account has no excuse: conversations are stolen
for that."""


@detector("innocence.conversation", Category.INNOCENCE, weight=-1.2, direction=Direction.INBOUND)
def conversation(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    answered = message.header("In-Reply-To") or ""
    if not answered or "@" not in answered:
        return
    ours = {registered_domain(address.rpartition("@")[2]) for address in origin.rcpt_tos}
    ours |= {registered_domain(to.domain) for to in message.to if to.domain}
    evidence = (Evidence("header In-Reply-To", answered),)
    wanted = content.demand
    if wanted is not None and wanted.is_of_accounts and wanted.strength >= STOLEN:
        return
    if registered_domain(answered.strip("<> ").rpartition("@")[2]) in ours:
        yield Found("it answers a message of ours", evidence, 1.6)
    elif _QUOTED.search(message.text[:20_000]):
        yield Found("it answers a message and quotes it", evidence)
