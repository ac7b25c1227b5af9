"""What lure detectors share: enough phrases of a topic, and a link that leads to a stranger.

A link counts when it leads neither to the sender's own domain nor to the domain of a brand that writes itself: real
services send from the domain that they link to. A sender below a throw-away top-level domain gets no such credit.
"""

import re
from dataclasses import dataclass

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import registered_domain
from lockgate.detection.targets import Target
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Evidence
from lockgate.model.message import LinkSource, Message

PAGES = frozenset({"text/html", "image/svg+xml", "application/pdf"})
PRESSING = ("urgency", "click-lure")
SHORT = 2_500  # characters
SUM_OF_MONEY = re.compile(
    r"[$€£¥]\s?\d{2,4}(?:[.,]\d{2,3})*|\b\d{1,4}(?:[.,\s]\d{3})?(?:[.,]\d{2})?\s?"
    r"(?:usd|eur|euros?|gbp|chf|btc|pln|zł|kč|czk|sek|kr|\$|€|£)(?!\w)|\b(?:usd|eur|gbp|r\$|chf|btc)\s?\d[\d.,]{1,9}"
    r"|\d[\d.,]{0,8}\s?[円元]|[¥￥]\s?\d",
    re.IGNORECASE,
)
NOT_CLICKED = frozenset({LinkSource.IMAGE, LinkSource.HEADER})


@dataclass(frozen=True, slots=True)
class Lure:
    """`strength` grows with the number of phrases, with pressure, and with how strange the link is."""

    phrase: str
    strength: float
    evidence: tuple[Evidence, ...]


def lure(message: Message, content: Content, origin: Origin, topics: tuple[str, ...], *, enough: int) -> Lure | None:
    """The lure of these topics, or None: too few phrases, no strange link, or mail of our own."""
    said = content.said(*topics)
    author = content.header_from
    if len(said) < enough or content.is_discussion or origin.is_internal(author.domain):
        return None
    if registered_domain(author.domain) in owned_domains() and author.domain not in listed("free_mail"):
        return None
    strange = [target for target in content.foreign_targets if target.domain not in owned_domains()]
    opens_file = any(
        part.content_type in ("text/html", "image/svg+xml", "application/pdf") for part in message.attachments
    )
    throw_away = bool(content.web_targets) and author.domain.rpartition(".")[2] in listed("risky_top_level_domains")
    if not strange and not opens_file and not throw_away:
        return None
    short = len(content.words) < 3_000
    pressing = content.said(*PRESSING)
    in_subject = any(mention.offset < content.heading_end for mention in said)
    strength = 0.6 + 0.2 * min(len(said) - enough, 4) + (0.3 if pressing else 0.0) + (0.2 if in_subject else 0.0)
    strength *= (1.0 if strange or opens_file else 0.6) * (1.0 if short else 0.5)
    if any(covers("free_subdomain_hosts", target.host) for target in strange):
        strength += 0.2
    evidence = [Evidence("text", mention.phrase) for mention in (*said[:4], *pressing[:1])]
    evidence += [target.evidence for target in strange[:1]]
    return Lure(said[0].phrase, round(strength, 2), tuple(evidence))


def is_stranger(content: Content, origin: Origin, history: SenderHistory | None) -> bool:
    """Whether the author is nobody of ours, no known brand on its own domain, and nobody who wrote here before."""
    author = content.header_from
    if content.is_discussion or origin.is_internal(author.domain) or (history is not None and history.known):
        return False
    domain = registered_domain(author.domain)
    return domain not in owned_domains() or domain in listed("free_mail")


def is_short_notice(message: Message, content: Content) -> bool:
    """Whether it is a short first letter: no answer, no list, no report about delivery; lures are nothing else."""
    return (
        len(content.words) <= SHORT
        and not message.is_mailing_list
        and message.header("In-Reply-To") is None
        and "multipart/report" not in (message.header("Content-Type") or "").lower()
    )


def pages_elsewhere(content: Content, origin: Origin) -> list[Target]:
    """The links that a reader may follow, but for those to our own pages and to those of known brands."""
    return [
        target for target in content.web_targets
        if target.link.source not in NOT_CLICKED
        and target.domain not in owned_domains()
        and not origin.is_internal(target.host)
    ]  # fmt: skip
