"""A page of HTML without a text version, whose links all lead to strangers, and that says in no header how to leave.

Why it matters: honest services link to their own site, and honest bulk mail has List-Unsubscribe; what has neither is
sent by somebody who will not be there tomorrow.
Known false positives: notices sent for a small firm by a provider it uses (weak alone).
References: RFC 8058; Google and Yahoo, sender requirements of February 2024; RFC 2046 §5.1.4.
"""

from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.targets import Target
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

SHORTEST = 6
BANNERS = "aka.ms"
"""Where Exchange's own "you don't often get e-mail from" leads to."""


@detector("spam.foreign-links", Category.SPAM, weight=1.4, direction=Direction.INBOUND)
def foreign_links(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if message.text.strip() or not message.html or content.is_discussion or origin.is_internal(author.domain):
        return
    if message.header("List-Unsubscribe") is not None or message.header("In-Reply-To") is not None:
        return
    if registered_domain(author.domain) in owned_domains() and not covers("free_mail", author.domain):
        return
    free = covers("free_mail", author.domain)
    targets = [one for one in content.web_targets if one.domain not in owned_domains() and one.domain != BANNERS]
    home = registered_domain(author.domain)
    if not targets or any(_is_home(target.domain, home) for target in targets):
        return
    if free and all(_is_own_site(target) for target in targets):
        return
    strength = 1.4 if free else 1.0
    explanation = f"every link leads away from {author.domain or 'the sender'}"
    yield Found(explanation, tuple(target.evidence for target in targets[:3]), strength)


def _is_home(domain: str, home: str) -> bool:
    """Whether it is the sender's domain, has the whole name of it or is a part of it (`wexmoor-group`)."""
    if domain == home:
        return True
    theirs, own = label(domain), label(home)
    return len(theirs) >= SHORTEST and (f"-{theirs}-" in f"-{own}-" or f"-{own}-" in f"-{theirs}-")


def _is_own_site(target: Target) -> bool:
    """A site's first page, shown as what it is: so small firms that write from a free provider sign their mail."""
    shown = target.link.text.lower()
    return target.path in ("", "/") and not target.query and target.domain in shown
