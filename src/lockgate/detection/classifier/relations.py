"""How a message's sender stands to its recipients, as features: colleague, namesake, stranger; and where answers go."""

from collections.abc import Collection, Iterator

from lockgate.detection.content import Content
from lockgate.detection.lists import listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.resemblance import derived, resembles
from lockgate.detection.text import skeleton
from lockgate.model.message import Mailbox, Message

LOOKED_AT = 5
"""Recipients whose domains are looked at."""
SHORTEST_NAME = 5
"""Letters of an organisation's name that are no word by chance."""


def names(message: Message, content: Content) -> Iterator[str]:
    """The features."""
    author = content.header_from
    recipients = {one.domain for one in message.to[:LOOKED_AT] if one.domain and one.domain not in listed("free_mail")}
    if {registered_domain(domain) for domain in recipients} & {registered_domain(author.domain)}:
        yield "sender: of the recipient's domain"
    else:
        yield from _claims(author, recipients)
    answers = message.reply_to[0].domain if message.reply_to else ""
    if answers and registered_domain(answers) != registered_domain(author.domain):
        if derived(answers, author.domain):
            yield "replies: to a domain like the sender's"
        if answers in recipients:
            yield "replies: to the recipient's domain"


def _claims(author: Mailbox, recipients: Collection[str]) -> Iterator[str]:
    """Where a stranger bears the recipient's name."""
    firms = [name for name in map(label, recipients) if len(name) >= SHORTEST_NAME]
    if any(firm in author.domain for firm in firms):
        yield "sender: the recipient's name in the domain"
    elif any(resembles(author.domain, domain) for domain in recipients):
        yield "sender: a domain like the recipient's"
    if any(firm in author.address.rpartition("@")[0].lower() for firm in firms):
        yield "sender: the recipient's name in the address"
    if any(firm in skeleton(author.display_name) for firm in firms):
        yield "sender: named like the recipient"
