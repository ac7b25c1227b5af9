"""A stranger's page elsewhere is to be opened with the account of the firm, or with mail address and password.

Why it matters: no page of a stranger needs that password; who types it in gives it away.
Known false positives: portals of suppliers at another address than their mail.
References: MITRE ATT&CK T1566.002, T1598.003.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lure_words import lure_words, span
from lockgate.detection.lures import is_short_notice, is_stranger, pages_elsewhere
from lockgate.detection.organisations import label, same_organisation
from lockgate.detection.wishes import Wishes
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

CLOSE = 8  # words
SIDE_BY_SIDE = 5  # words from the address to the password, as in "with your mail address and its password"


@detector("phishing.asks-sign-in", Category.PHISHING, weight=2.4, direction=Direction.INBOUND)
def asks_sign_in(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    if not is_short_notice(message, content):
        return
    told = lure_words(content.fresh)
    if "sign in" not in told.names or not is_stranger(content, origin, history):
        return
    author = content.header_from
    pages = [one for one in pages_elsewhere(content, origin) if not same_organisation(one.host, author.domain)]
    if not pages:
        return
    account = _account(told) or _own_account(content.fresh, origin)
    asked = account or _both(told)
    if asked:
        strength = (1.2 if account else 1.0) + (0.4 if told.names & {"document", "shared", "wages paper"} else 0.0)
        explanation = f"a page at {pages[0].host} is to be opened with the account of the firm"
        yield Found(explanation, (Evidence("text", asked), pages[0].evidence), strength)


def _account(told: Wishes) -> str:
    account = told.together("sign in", "your access")
    return ", ".join(one.word for one in account) if account and span(account) <= CLOSE else ""


def _both(told: Wishes) -> str:
    """The address of the mailbox and its password, in this order."""
    both = {one.name: one for one in told.together("mail address", "password")}
    if both and 0 < both["password"].place - both["mail address"].place <= SIDE_BY_SIDE:
        return f"{both['mail address'].word}, {both['password'].word}"
    return ""


def _own_account(words: str, origin: Origin) -> str:
    """The recipient's firm named right before a word for signing in: `your Contoso login`."""
    for own in {label(domain) for domain in origin.internal_domains}:
        at = words.find(f" {own} ")
        while at >= 0:
            after = words[at : at + len(own) + 24]
            if {"sign in", "password"} & lure_words(after).names:
                return after.strip()
            at = words.find(f" {own} ", at + 1)
    return ""
