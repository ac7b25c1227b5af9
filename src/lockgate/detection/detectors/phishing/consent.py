"""A stranger's program wants leave to read mail, calendar or files.

Why it matters: who agrees on the genuine page of Microsoft or Google hands over a token that neither a new password nor
a second factor takes back; some such pages only send on to a forged one.
Known false positives: planning services that somebody here has invited; their links seldom lead to the page at once.
References: RFC 6749 §10.12, §10.15; Microsoft, "Investigate and remediate illicit consent grants"; MITRE ATT&CK T1528.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lure_words import lure_words, span
from lockgate.detection.lures import is_short_notice, is_stranger, pages_elsewhere
from lockgate.detection.targets import Target
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_AUTHORITIES = ("microsoftonline.com", "google.com", "live.com", "windows.net", "microsoft.com")
_ASKS = re.compile(r"/(?:oauth2|o/oauth2|adminconsent|authorize)\b", re.IGNORECASE)
_GREEDY = re.compile(
    r"mail\.|offline_access|files\.|calendars?\.|contacts\.|user_impersonation|full_access_as|mail\.google|/auth/gmail|"
    r"/auth/drive|adminconsent",
    re.IGNORECASE,
)
CLOSE = 9  # words


@detector("phishing.consent", Category.PHISHING, weight=2.0, direction=Direction.INBOUND)
def consent(message: Message, content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    asking = next((one for one in content.web_targets if _is_authorisation(one)), None)
    if not is_stranger(content, origin, history):
        return
    if asking is not None:
        greedy = _GREEDY.search(unquote_plus(f"{asking.path}?{asking.query}"))
        explanation = "a stranger's link asks for leave to act in the reader's account"
        yield Found(explanation, (asking.evidence,), 2.0 if greedy else 1.1)
        return
    if not is_short_notice(message, content):
        return
    told = lure_words(content.fresh)
    near = told.together("read mail", "mail and calendar")
    pages = pages_elsewhere(content, origin) if near else []
    if not pages or span(near) > CLOSE:
        return
    at_work = "work account" in told.names
    evidence = (Evidence("text", ", ".join(one.word for one in near)), pages[0].evidence)
    yield Found("a stranger's service wants to read mail or calendar", evidence, 1.6 if at_work else 1.0)


def _is_authorisation(target: Target) -> bool:
    return target.domain in _AUTHORITIES and "client_id=" in target.query and _ASKS.search(target.path) is not None
