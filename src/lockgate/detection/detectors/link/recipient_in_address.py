"""A link carries the recipient's address, so that the page it opens can be filled in with it.

Why it matters: kits for credential phishing greet the victim with the own address and logo; the link brings it along,
plainly or in base64.
Known false positives: links to unsubscribe or to manage a subscription (not counted), tickets and surveys.
References: MITRE ATT&CK T1598.003.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

_LEAVING = re.compile(
    r"unsub|optout|opt-out|abmeld|desab|desinscri|remove|preferences|abbestell|afmeld|cancel", re.IGNORECASE
)
_ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{16,200}={0,2}")


@detector("link.recipient-in-address", Category.PHISHING, weight=0.6)
def recipient_in_address(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    recipients = {address.lower() for address in origin.rcpt_tos}
    recipients |= {mailbox.address.lower() for mailbox in message.to if "@" in mailbox.address}
    if not recipients or content.is_discussion:
        return
    shortest = min(map(len, recipients))
    for target in content.foreign_targets:
        plain = (unquote(target.url) if "%" in target.url else target.url).lower()
        found = next((address for address in recipients if address in plain), "")
        decoded = "" if found else _decoded(target.url, shortest)
        hidden = next((address for address in recipients if address in decoded), "") if decoded else ""
        if (found or hidden) and not _LEAVING.search(target.url):
            how = "hidden in base64" if hidden else "in plain"
            explanation = f"a link to {target.host} carries the recipient's address, {how}"
            yield Found(explanation, (target.evidence,), 2.0 if hidden else 1.0)


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
