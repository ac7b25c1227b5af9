"""A link goes to one organisation and is sent on from there to another.

Why it matters: a search engine's, a shop's or an advertising network's name stands in front, and the forged page
behind it; filters and readers that look at the front see a good name.
Known false positives: click counters of newsletters (targets of the sender's own are not counted), links to share a
page, sign-in pages that return to another service.
References: CWE-601; MITRE ATT&CK T1566.002.
"""

import re
from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain, same_organisation
from lockgate.detection.targets import Target, target_of
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Link, LinkSource, Message

# Redirects that people do not write into letters. Rewriters of mail security products are none of them.
_BORROWED = re.compile(
    r"(?:^|\.)(?:google(?:\.[a-z]{2,3}){1,2}|googleadservices\.com|doubleclick\.net|bing\.com|youtube\.com|"
    r"(?:l|lm)\.facebook\.com|l\.instagram\.com|linkedin\.com|duckduckgo\.com|vk\.com|translate\.goog|baidu\.com|"
    r"r\.search\.yahoo\.com|out\.reddit\.com|t\.umblr\.com|tiktok\.com|pinterest\.com|steamcommunity\.com|exit\.sc)$"
)
_SHARING = re.compile(
    r"share|tweet|intent|pin/create|unsub|optout|opt-out|abmeld|preferences|return|login|signin", re.IGNORECASE
)
HIDDEN = ("aHR0c", "68747470")


@detector("link.open-redirect", Category.PHISHING, weight=1.2, direction=Direction.INBOUND)
def open_redirect(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion or message.header("List-Unsubscribe") is not None:
        return
    home = content.header_from.domain
    for target in content.foreign_targets:
        if (
            target.link.source is LinkSource.IMAGE
            or target.domain in owned_domains()
            or origin.is_internal(target.host)
        ):
            continue
        front = target.via or _front(target.link)
        if not front or same_organisation(front, home) or same_organisation(front, target.host):
            continue
        strength = _strength(target, front)
        if strength:
            yield Found(
                f"a link to {front} leads on to {target.host}", (target.evidence,), strength, ("link:redirect",)
            )


def _front(link: Link) -> str:
    """The host in front, where it is one whose good name is borrowed."""
    if not link.is_rewritten:
        return ""
    host = target_of(0, Link(link.url, "", link.source, "", link.url)).host
    return host if _BORROWED.search(host) else ""


def _strength(target: Target, front: str) -> float:
    if any(mark in target.link.url for mark in HIDDEN):
        return 1.5
    if not target.via or _BORROWED.search(front):
        return 1.3
    if _SHARING.search(target.link.url):
        return 0.0
    return 1.0 if registered_domain(front) in owned_domains() else 0.5
