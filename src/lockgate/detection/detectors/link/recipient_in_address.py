"""A link carries the recipient's address, so that the page it opens can be filled in with it.

Why it matters: kits for credential phishing greet the victim with the own address and logo; the link brings it along,
plainly or in base64. Behind a `#` it never reaches a server, only the script of the page: of the corpus's mail with
such links none was wanted.
Known false positives: links to unsubscribe or to manage a subscription (not counted), tickets and surveys.
References: MITRE ATT&CK T1598.003.
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

_LEAVING = re.compile(
    r"unsub|optout|opt-out|abmeld|desab|desinscri|remove|preferences|abbestell|afmeld|cancel", re.IGNORECASE
)
_PLAINLY = "in plain"
_ROUTES = ("/", "!")  # how programs that run in the browser begin the name of a page of theirs
_ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{16,200}={0,2}")


@detector("link.recipient-in-address", Category.PHISHING, weight=0.6)
def recipient_in_address(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    recipients = {address.lower() for address in origin.rcpt_tos}
    recipients |= {mailbox.address.lower() for mailbox in message.to if "@" in mailbox.address}
    if not recipients or content.is_discussion:
        return
    for target in content.foreign_targets:
        behind = target.url.partition("#")[2]
        for_script = "" if behind.startswith(_ROUTES) else _carried(behind, recipients)
        how = for_script or _carried(target.url, recipients)
        if how and not _LEAVING.search(target.url):
            place = "behind the # where only a script sees it, " if for_script else ""
            explanation = f"a link to {target.host} carries the recipient's address, {place}{how}"
            yield Found(explanation, (target.evidence,), 4.0 if for_script else 1.0 if how == _PLAINLY else 2.0)


def _carried(text: str, recipients: Collection[str]) -> str:
    """How a piece of an address names a recipient; empty when it does not."""
    plain = (unquote(text) if "%" in text else text).lower()
    if any(address in plain for address in recipients):
        return _PLAINLY
    decoded = _decoded(text, min(map(len, recipients)))
    return "hidden in base64" if decoded and any(address in decoded for address in recipients) else ""


def _decoded(url: str, least: int) -> str:
    """What stands in base64 in an address, where it is at least so many letters."""
    texts = []
    for piece in _ENCODED.findall(url[:2_000]):
        bare = piece.rstrip("=")
        if len(bare) * 3 // 4 < least:
            continue
        try:
            padded = bare + "=" * (-len(bare) % 4)
            texts.append(base64.urlsafe_b64decode(padded.replace("+", "-").replace("/", "_")).decode("ascii", "ignore"))
        except (binascii.Error, ValueError):
            continue
    return " ".join(texts).lower()
