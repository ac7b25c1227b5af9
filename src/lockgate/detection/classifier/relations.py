"""How a message's sender stands to its recipients, as features: colleague, namesake, stranger; and where answers go."""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.lists import listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.text import skeleton
from lockgate.model.message import Message

LOOKED_AT = 5
"""Recipients whose domains are looked at."""
SHORTEST_NAME = 5
"""Letters of an organisation's name that are no word by chance."""
ALIKE = 0.75
"""Share of a name's letters, from its beginning, that makes another name like it."""


def names(message: Message, content: Content) -> Iterator[str]:
    """The features."""
    author = content.header_from
    recipients = {one.domain for one in message.to[:LOOKED_AT] if one.domain and one.domain not in listed("free_mail")}
    if {registered_domain(domain) for domain in recipients} & {registered_domain(author.domain)}:
        yield "sender: of the recipient's domain"
    else:
        firms = [name for name in map(label, recipients) if len(name) >= SHORTEST_NAME]
        yield from _claims(author.domain, author.address.rpartition("@")[0].lower(), author.display_name, firms)
    answers = message.reply_to[0].domain if message.reply_to else ""
    if answers and registered_domain(answers) != registered_domain(author.domain):
        if _alike(label(answers), label(author.domain)):
            yield "replies: to a domain like the sender's"
        if answers in recipients:
            yield "replies: to the recipient's domain"


def _claims(domain: str, local: str, shown: str, firms: list[str]) -> Iterator[str]:
    """Where a stranger bears the recipient's name."""
    if any(firm in domain for firm in firms):
        yield "sender: the recipient's name in the domain"
    elif any(_alike(label(domain), firm) for firm in firms):
        yield "sender: a domain like the recipient's"
    if any(firm in local for firm in firms):
        yield "sender: the recipient's name in the address"
    if any(firm in skeleton(shown) for firm in firms):
        yield "sender: named like the recipient"


def _alike(one: str, other: str) -> bool:
    """Whether both begin alike, or are as long and differ in one letter."""
    if min(len(one), len(other)) < SHORTEST_NAME or one == other:
        return False
    begun = int(ALIKE * min(len(one), len(other)) + 0.5)
    return one[:begun] == other[:begun] or (
        len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    )
