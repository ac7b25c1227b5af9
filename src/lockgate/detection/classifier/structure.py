"""How a message is built, as features with names that a person understands.

Only what generalises is here: relations (whose domain is linked, where replies go), shapes (how much text, how many
links and pictures) and kinds (of files, of hosts). No header's mere absence, no recipient's domain, no year: those tell
archives apart, not mail.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from lockgate.detection.brands import owned_domains
from lockgate.detection.classifier import relations
from lockgate.detection.content import Content
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import registered_domain, same_organisation
from lockgate.detection.targets import Target, address_of
from lockgate.detection.telephone import number_in
from lockgate.detection.wishes import ACCOUNT
from lockgate.mime.beyond_ascii import beyond_ascii
from lockgate.model.message import LinkSource, Mailbox, Message

_CLOUD = ("amazonaws.com", "windows.net", "googleapis.com", "cloudfront.net", "r2.dev", "web.app", "workers.dev")
_RANDOM = re.compile(r"(?=.*\d.*[a-z].*\d)[a-z0-9]{9,}|[bcdfghjklmnpqrstvwxz]{6}")
_NAME_WORD = re.compile(r"[a-z0-9]+")
_SIGNER = re.compile(r"\bd=\s*([A-Za-z0-9.-]+)")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_QUOTED = re.compile(
    r"^(?:>|-{2,} ?original|_{10,}|(?:am|on|le|el|il|op|em|den) .{5,80}:$)", re.IGNORECASE | re.MULTILINE
)
_REPLY = re.compile(r"^\s*(?:re|aw|sv|vs|antw|odp|res|r)\s*:", re.IGNORECASE)
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst|vb|enc)\s*:", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥0-9\u0660-\U0010ffff](?:(?<=\d)\s?(?i:usd|eur|gbp|million|btc)\b|(?<=[$€£¥])\s?\d)")
_TABLE, _STYLE = re.compile("<(?i:table)"), re.compile("<(?i:style)")
_SCRIPTS = (
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("greek", re.compile("[\u0370-\u03ff]")),
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
)
_ANY_SCRIPT = re.compile("[\u0370-\u06ff]")
TOGETHER = {
    "another account for payments": ("bank account", "change", "payment"),
    "another account for wages": ("bank account", "change", "wages"),
    "an account that is closed": ("bank account", "obstacle"),
    "the same account": ("bank account", "the same"),
    "a payment at once": ("payment", "hurry"),
    "a payment in secret": ("payment", "secrecy"),
    "a favour at once": ("favour", "hurry"),
    "a favour while busy": ("favour", "excuse"),
    "a telephone number": ("telephone number", "hurry"),
    "gift cards": ("gift cards", "codes"),
    "prepaid cards": ("prepaid cards", "cards", "codes"),
    "records": ("records", "send me"),
    "silence about a deal": ("deal", "secrecy"),
}
"""What only together tells of a wish. The single words are features, too, but not in pairs with others: bank accounts
and payments are talked about in most honest business mail."""
LONGEST_NAME = 253
"""Characters of a host (RFC 1035 §2.3.4) or local part that are looked at; what is remembered stays small."""


def names(message: Message, content: Content) -> Iterator[str]:
    """All features of one message but what it speaks of, each once."""
    everything = (
        _sender,
        _name,
        _recipients,
        relations.names,
        _wishes,
        _targets,
        _body,
        _numbers,
        _subject,
        _files,
        _signature,
    )
    yield from dict.fromkeys(name for part in everything for name in part(message, content))
    yield from _headers(message)


def spoken_of(content: Content) -> list[str]:
    """What words are about, whether or not they stand together."""
    return sorted(f"speaks of: {name}" for name in content.wishes.names)


def bare(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))


def size(count: int, edges: Sequence[int]) -> str:
    """The class of a number by rising edges: `up to 5`, `more`."""
    place = bisect_left(edges, count)
    return f"up to {edges[place]}" if place < len(edges) else "more"


def _sender(_: Message, content: Content) -> Iterator[str]:
    author = content.header_from
    free = author.domain in listed("free_mail")
    yield "sender: free mail" if free else "sender: own domain"
    if author.domain.rpartition(".")[2] in listed("risky_top_level_domains"):
        yield "sender: risky top-level domain"
    local = author.address.rpartition("@")[0].lower()
    if any(_is_random(label) for label in author.domain.split(".")[:-1]):
        yield "sender: random domain"
    if _is_random(local):
        yield "sender: random address"
    if sum(map(str.isdigit, local)) >= 3:
        yield "sender: digits in the address"
    if author.domain.count(".") >= 3 or author.domain.count("-") >= 2:
        yield "sender: long domain"


def _name(_: Message, content: Content) -> Iterator[str]:
    author = content.header_from
    name = author.display_name
    yield from _name_and_address(name, author)
    if author.domain in owned_domains() or registered_domain(author.domain) in owned_domains():
        yield "sender: a known brand's domain"
    if not name:
        yield "sender: no name"
    elif "@" in name:
        yield "sender: address as name"
    elif _EMOJI.search(name) or any(mark in name for mark in "!*_|$"):
        yield "sender: decorated name"


def _recipients(message: Message, content: Content) -> Iterator[str]:
    author = content.header_from
    answers = message.reply_to[0] if message.reply_to else None
    if answers and answers.address and not same_organisation(answers.domain, author.domain):
        yield "replies: to free mail" if answers.domain in listed("free_mail") else "replies: to others"
    if not any("@" in one.address for one in (*message.to, *message.cc)):
        yield "recipients: hidden"
    elif len(message.to) + len(message.cc) > 8:
        yield "recipients: many"
    if author.address and any(one.address.lower() == author.address.lower() for one in message.to):
        yield "recipients: the sender"


def _name_and_address(name: str, author: Mailbox) -> Iterator[str]:
    """Firms are called like their domains, people like their addresses; lures seldom are."""
    words = [word for word in _NAME_WORD.findall(bare(name)) if len(word) > 2]
    if not words:
        return
    if author.domain not in listed("free_mail") and any(word in author.domain for word in words):
        yield "sender: named like the domain"
    elif any(word in author.address.rpartition("@")[0].lower() for word in words):
        yield "sender: named like the address"
    else:
        yield "sender: named like neither"


def _signature(message: Message, content: Content) -> Iterator[str]:
    signers = [found[1] for value in message.header_values("DKIM-Signature") if (found := _SIGNER.search(value))]
    if signers:
        own = any(same_organisation(signer, content.header_from.domain) for signer in signers)
        yield "signed: by the sender" if own else "signed: by others only"


def _wishes(_: Message, content: Content) -> Iterator[str]:
    found = content.wishes
    yield from (f"wants: {name}" for name, needs in TOGETHER.items() if found.together(*needs))


def _targets(_: Message, content: Content) -> Iterator[str]:
    clicked = [target for target in content.web_targets if target.link.source is not LinkSource.IMAGE]
    pictures = sum(target.link.source is LinkSource.IMAGE for target in content.web_targets)
    yield f"links: {size(len(clicked), (0, 1, 3, 8, 20))}"
    yield f"remote pictures: {size(pictures, (0, 1, 4, 12))}"
    if not clicked:
        return
    author = content.header_from.domain
    if any(target.domain in owned_domains() for target in clicked):
        yield "links lead: to a known brand"
    own = sum(same_organisation(target.host, author) for target in clicked)
    yield "links lead: home" if own == len(clicked) else "links lead: partly home" if own else "links lead: elsewhere"
    yield f"linked domains: {size(len({target.domain for target in clicked}), (1, 2, 4))}"
    for target in clicked[:40]:
        yield from _target(target)
    if any(target.scheme == "http" for target in clicked[:40]):
        yield "link: not encrypted"


def _is_random(label: str) -> bool:
    return _looks_random(label[:LONGEST_NAME])


@lru_cache(maxsize=4_096)
def _looks_random(label: str) -> bool:
    return _RANDOM.search(label) is not None


def _target(target: Target) -> Iterator[str]:
    yield from _host(target.host)
    if "@" in target.query or "@" in target.path:
        yield "link: address inside"
    if len(target.path) + len(target.query) > 150:
        yield "link: long path"
    if not target.path.strip("/") and target.query:
        yield "link: query at the root"


@lru_cache(maxsize=4_096)
def _host(host: str) -> tuple[str, ...]:
    """What is told by the host alone, remembered: a letter's links lead to few."""
    return tuple(_of_host(host))


def _of_host(host: str) -> Iterator[str]:
    if host.rpartition(".")[2] in listed("risky_top_level_domains"):
        yield "link: risky top-level domain"
    if covers("free_subdomain_hosts", host):
        yield "link: free host"
    if covers("free_file_hosts", host):
        yield "link: file host"
    if registered_domain(host) in listed("url_shorteners"):
        yield "link: shortener"
    if host.endswith(_CLOUD):
        yield "link: cloud storage"
    if address_of(host) is not None:
        yield "link: numeric host"
    if _is_random(host):
        yield "link: random host"
    if host.count("-") >= 2 or host.count(".") >= 4:
        yield "link: long host"


def _body(message: Message, _: Content) -> Iterator[str]:
    html, seen = message.html, len(message.visible_text)
    yield "body: text and html" if html and message.text else "body: html" if html else "body: text"
    yield f"text: {size(seen, (40, 200, 600, 1_500, 5_000))}"
    if html:
        yield f"html per text: {size(len(html) // (seen + 1), (2, 5, 12, 40))}"
        yield f"tables: {size(len(_TABLE.findall(html, 0, 60_000)), (0, 2, 8))}"
        if "<center" in html:
            yield "html: centre tags"
        if _STYLE.search(html, 0, 20_000) is None:
            yield "html: no style sheet"
        if "data:image" in html:
            yield "html: pictures as data"
    if message.hidden_text:
        yield f"hidden text: {size(len(message.hidden_text), (150, 600))}"
    beginning = message.visible_text[:2_000]
    for name, script in _SCRIPTS if _ANY_SCRIPT.search(beyond_ascii(beginning)) else ():
        if len(script.findall(beginning)) > 20:
            yield f"script: {name}"
    if _MONEY.search(message.visible_text[:3_000]):
        yield "text: sums of money"


def _numbers(_: Message, content: Content) -> Iterator[str]:
    if number_in(content.words[:2_000]):
        yield "text: telephone number"
    if ACCOUNT in content.wishes.names:
        yield "text: account number"
    if any(target.link.source is LinkSource.QR_CODE for target in content.web_targets):
        yield "text: code to scan"


def _subject(message: Message, content: Content) -> Iterator[str]:
    subject = message.subject
    letters = [letter for letter in subject if letter.isalpha()]
    yield f"subject: {size(len(subject), (0, 12, 40, 80))}"
    if len(letters) > 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters):
        yield "subject: capitals"
    if _EMOJI.search(subject):
        yield "subject: pictographs"
    if "!" in subject:
        yield "subject: exclamation"
    if _MONEY.search(subject):
        yield "subject: sum of money"
    recipients = {one.address.lower() for one in message.to if "@" in one.address}
    if any(address in content.words[:600] for address in recipients):
        yield "text: names the recipient's address"
    is_answer = message.header("In-Reply-To") is not None or message.header("References") is not None
    quotes = _QUOTED.search(message.text or message.visible_text) is not None
    if is_answer:
        yield "conversation: answers and quotes" if quotes else "conversation: answers"
    elif _REPLY.match(subject):
        yield "conversation: pretends to answer, quotes" if quotes else "conversation: pretends to answer"
    elif _FORWARD.match(subject):
        yield "conversation: forwarded"
    elif quotes:
        yield "conversation: quotes"


def _files(message: Message, content: Content) -> Iterator[str]:
    yield f"files: {size(len(message.attachments), (0, 1, 3))}"
    for file in content.files[:20]:
        yield f"file: {file.kind.family.value}"
    if any(part.content_type in ("text/html", "image/svg+xml") for part in message.attachments):
        yield "file: web page"
    if any(part.content_type == "text/calendar" for part in message.parts):
        yield "file: calendar"


def _headers(message: Message) -> Iterator[str]:
    if message.header("List-Unsubscribe"):
        one_click = message.header("List-Unsubscribe-Post") is not None
        yield "list: one-click opt-out" if one_click else "list: opt-out"
    mailer = (message.header("X-Mailer") or "").lower()
    if "php" in mailer or message.header("X-PHP-Originating-Script"):
        yield "mailer: php"
    if message.header("Auto-Submitted") not in (None, "no"):
        yield "automatic"
    for defect in message.defects[:10]:
        yield f"defect: {defect.id}"
