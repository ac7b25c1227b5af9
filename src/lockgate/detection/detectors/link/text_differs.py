"""A link shows one address and leads to another.

Why it matters: the reader checks what is shown; the oldest trick of phishing is to show the right address.
Known false positives: newsletters whose provider rewrites every link for counting (not counted when the shown domain
is the sender's own and the mail says how to unsubscribe).
References: MITRE ATT&CK T1566.002; RFC 2369.
"""

import re
from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain, same_organisation
from lockgate.detection.targets import Target
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_SHOWN = re.compile(r"^(?:https?://)?((?:[a-z0-9\-]{1,63}\.){1,6}[a-z]{2,20})(?:[/:?#].{0,2000})?$", re.IGNORECASE)
MANY = 8
_FILE_NAME = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|zip|html?|txt|png|jpe?g|csv|js|py|md|sh|rs|net|io|app)$", re.IGNORECASE
)


@detector("link.text-differs", Category.PHISHING, weight=3.0)
def text_differs(message: Message, content: Content) -> Iterator[Outcome]:
    says_how_to_leave = message.header("List-Unsubscribe") is not None
    for target in content.web_targets:
        shown = _shown_host(target)
        if not shown or same_organisation(shown, target.host):
            continue
        if says_how_to_leave and same_organisation(shown, content.header_from.domain):
            continue
        strength = 1.2 if registered_domain(shown) in owned_domains() else 0.5 if says_how_to_leave else 0.8
        if _counts_clicks(target, content):
            strength *= 0.25
        yield Found(
            f"a link shows {shown} and leads to {target.host}",
            (Evidence(target.where, f"{target.link.text} -> {target.url}"),),
            strength,
        )


def _counts_clicks(target: Target, content: Content) -> bool:
    """Whether most of many links lead to the same host, with different paths: a newsletter's click counter."""
    same = {other.url for other in content.web_targets if other.domain == target.domain}
    return len(same) >= MANY and len(same) > 0.6 * len({other.url for other in content.web_targets})


def _shown_host(target: Target) -> str:
    text = target.link.text.strip()
    match = _SHOWN.match(text)
    if match is None or target.link.text == target.link.url:
        return ""
    host = match.group(1).lower()
    if "/" not in text and _FILE_NAME.search(host) and not text.lower().startswith(("http", "www.")):
        return ""
    return host if registered_domain(host) != host or host.count(".") == 1 else ""
