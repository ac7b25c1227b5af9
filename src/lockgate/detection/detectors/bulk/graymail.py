"""Which kind of bulk mail it is: marketing, newsletter, social network, forum or list, notice of a transaction.

Why it matters: people want some of it and not the rest, so a policy can treat each kind by its label
(`graymail:marketing`, `graymail:newsletter`, `graymail:social`, `graymail:forum`, `graymail:notice`). It says nothing
about danger.
Known false positives: a newsletter that sells and a notice that advertises are called by what they do more.
References: RFC 2369; RFC 2919; RFC 3834; Microsoft Learn, "Bulk complaint level (BCL) in EOP".
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_FORUM = ("X-Discourse-Topic-Id", "X-GitHub-Reason", "X-GitLab-Project", "X-Google-Group-Id", "X-Mailman-Version",
          "X-Phabricator-Sent-This-Message", "X-Yahoo-Newman-Property")  # fmt: skip
_FORUMS = frozenset(map(str.lower, _FORUM))
_BULK = frozenset(
    {"list-unsubscribe", "list-id", "feedback-id", "x-csa-complaints", "x-campaign", "x-mailer-campaign"}
)  # fmt: skip
_MACHINE = re.compile(
    r"no.?reply|do.?not.?reply|notification|notify|alerts?|orders?|billing|rechnung|service|info", re.IGNORECASE
)


class Kind(StrEnum):
    """The kinds, as the label says them."""

    FORUM = "forum"
    SOCIAL = "social"
    NOTICE = "notice"
    NEWSLETTER = "newsletter"
    MARKETING = "marketing"


_NAMES = {
    Kind.FORUM: "a forum or list",
    Kind.SOCIAL: "a social network",
    Kind.NOTICE: "a notice of a transaction",
    Kind.NEWSLETTER: "a newsletter",
    Kind.MARKETING: "marketing",
}


@detector("bulk.graymail", Category.BULK, weight=0.4, direction=Direction.INBOUND)
def graymail(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if origin.is_internal(author.domain):
        return
    found = _kind(message, content)
    if found is not None:
        kind, evidence = found
        strength = 1.0 if kind in (Kind.MARKETING, Kind.NEWSLETTER, Kind.SOCIAL) else 0.1
        yield Found(f"it looks like {_NAMES[kind]}", (evidence,), strength, (f"graymail:{kind}",))


def _kind(message: Message, content: Content) -> tuple[Kind, Evidence] | None:
    forum = _forum(message)
    if forum or content.is_discussion:
        return Kind.FORUM, Evidence(f"header {forum or 'List-Post'}", message.header(forum or "List-Post") or "")
    author = content.header_from
    if covers("social_networks", author.domain):
        return Kind.SOCIAL, Evidence("header From", author.address)
    precedence = (message.header("Precedence") or "").strip().lower()
    to_many = message.has_any(_BULK) or precedence in ("bulk", "list", "junk")
    by_machine = _MACHINE.search(author.address.partition("@")[0]) is not None or _is_automatic(message)
    if not to_many and not by_machine:
        return None
    said = {name: content.said(name) for name in ("transaction", "newsletter", "offer", "acquaintances")}
    if len(said["acquaintances"]) >= 2 and to_many:
        return Kind.SOCIAL, Evidence("text", said["acquaintances"][0].phrase)
    if said["transaction"] and len(said["transaction"]) >= len(said["offer"]):
        return Kind.NOTICE, Evidence("text", said["transaction"][0].phrase)
    if not to_many:
        return None
    more = Kind.NEWSLETTER if len(said["newsletter"]) >= len(said["offer"]) else Kind.MARKETING
    words = said["newsletter"] or said["offer"]
    where = Evidence("text", words[0].phrase) if words else Evidence("header", "List-Unsubscribe")
    return more, where


def _forum(message: Message) -> str:
    """The field that a forum's program wrote."""
    if not message.has_any(_FORUMS):
        return ""
    return next(name for name in _FORUM if message.header(name) is not None)


def _is_automatic(message: Message) -> bool:
    return (message.header("Auto-Submitted") or "no").strip().lower().startswith("auto-generated")
