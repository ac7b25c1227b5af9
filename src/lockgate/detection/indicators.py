"""What of a message can stand on a reputation list: senders, addresses of pages with their hosts, hashes of files."""

import hashlib
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.model.message import Message
from lockgate.model.reputation import Indicators

MOST = 200  # of each
HASHED = 200_000_000  # bytes of one message
LONGEST = 2_000


def indicators_of(message: Message, content: Content, client_ip: str = "") -> Indicators:
    """The final and the written address of each link, every author, every file however deep. Never raises."""
    mailboxes = (*content.authors, *message.reply_to[:5], *([message.sender] if message.sender else ()))
    senders = (mailbox.address.lower() for mailbox in mailboxes if "@" in mailbox.address)
    webs = content.web_targets[:MOST]
    urls = (url[:LONGEST] for target in webs for url in (target.url, target.link.url))
    hosts = (target.host for target in webs)
    return Indicators(
        tuple(dict.fromkeys(senders))[:MOST],
        tuple(dict.fromkeys(urls))[: 2 * MOST],
        tuple(dict.fromkeys(hosts))[:MOST],
        tuple(dict.fromkeys(_hashes(content))),
        tuple(dict.fromkeys(file.name.lower()[:200] for file in content.files[:MOST] if file.name)),
        tuple(dict.fromkeys(file.kind.id for file in content.files[:MOST] if file.kind.id)),
        client_ip,
    )


def _hashes(content: Content) -> Iterator[str]:
    left = HASHED
    for file in content.files[:MOST]:
        left -= len(file.content)
        if left < 0:
            return
        yield hashlib.sha256(file.content).hexdigest()
        yield hashlib.sha1(file.content, usedforsecurity=False).hexdigest()
        yield hashlib.md5(file.content, usedforsecurity=False).hexdigest()
