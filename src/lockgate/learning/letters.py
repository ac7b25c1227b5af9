"""Invented mail put together: who sends, what is said, how it looks, what goes with it, as the bytes of a message."""

import base64
import quopri
import random
from collections.abc import Callable
from email.header import Header

from lockgate.learning import dressing, enclosures, layouts, mail_programs, mailings, senders
from lockgate.learning.draft import Draft
from lockgate.learning.enclosures import Enclosure
from lockgate.learning.filling import Scene, choose, fill
from lockgate.learning.layouts import Body
from lockgate.learning.senders import Sender
from lockgate.learning.templates import FIRMS, Line, Template, cast

_PERSONAL = (
    "conversation",
    "legal",
    "logistics",
    "quality",
    "property",
    "purchase",
    "contract",
    "hr.application",
    "association",
    "insurance.mail",
    "press",
)
_INSIDE = (
    "internal",
    "hr",
    "training",
    "security",
    "raffle",
    "it.maintenance",
    "it.ticket",
    "it.licence",
    "survey.staff",
    "account.password-expiry",
    "account.quota",
    "notice.scan",
)
_BULK = ("newsletter", "marketing", "survey", "event", "charity", "association", "press")
_MACHINES = ("it.monitoring", "it.backup", "list.moderation", "list.digest")
_FRAUD = tuple(kind for kind in FIRMS if kind != "scam.thread")
_PAPERS = (
    "invoice.supplier", "bank.remittance", "purchase.order", "conversation.offer", "travel.train", "sign.completed",
    "notice.scan", "contract.renewal", "charity.thanks", "hr.application", "quality.complaint", "legal.letter",
    "parcel.customs", "scam.lawyer", "scam.vendor-change",
)  # fmt: skip
_TRACKED = "https://{host}/{path}"
BARE = 0.2
"""Share of messages, wanted and not, of which only the fields that a reader sees are left, as exports have them."""
_LEFT = ("From", "To", "Subject", "Reply-To", "In-Reply-To", "References")


def compose(
    template: Template, one: Scene, chosen: tuple[str, list[Line]], chance: random.Random, *, dressed: bool
) -> bytes:
    """The message. `chosen` is the subject and the lines with their alternatives settled; see `dressing`."""
    sender = dressing.sender(template, one, chance) if dressed else None
    draft = Draft(template, one, sender or _sender(template, one, chance), chance, _look(template, chance))
    draft.subject = fill(chosen[0], one, chance)
    _write(draft, chosen[1])
    _enclose(draft)
    if dressed:
        dressing.dress(draft)
    return _assemble(draft)


def _sender(template: Template, one: Scene, chance: random.Random) -> Sender:
    kind = template.kind
    if not template.wanted:
        if kind.startswith(_FRAUD):
            return senders.fraudster(one, chance)
        if kind.startswith("scam.thread"):
            return senders.intruder(one, chance)
        return (
            senders.phisher(one, chance)
            if kind.startswith("phish.") and chance.random() < 0.8
            else senders.spammer(one, chance)
        )
    if kind.startswith(("bounce", "report", "out-of-office")):
        return senders.daemon(one, chance) if not kind.startswith("out") else senders.person(one, chance)
    if kind.startswith(_INSIDE) and chance.random() < 0.7:
        return senders.colleague(one, chance)
    if kind.startswith("list.discussion"):
        return senders.mailing_list(one, chance)
    if kind.startswith(_BULK):
        return senders.marketing(one, chance)
    return senders.person(one, chance) if kind.startswith(_PERSONAL) else senders.system(one, kind, chance)


def _look(template: Template, chance: random.Random) -> str:
    kind = template.kind
    if kind.startswith(("bounce", "report", "list.", "it.monitoring", "it.backup")):
        return "plain"
    if kind.startswith(
        (*_PERSONAL, *_FRAUD, "internal.chat", "scam.", "out-of-office", "calendar", "spam.seo", "spam.china")
    ):
        return chance.choice(("plain", "plain", "letter", "letter and plain"))
    if kind.startswith((*_BULK, "spam.")):
        return chance.choice(("newsletter", "newsletter and plain", "newsletter", "notice", "letter", "bare"))
    return chance.choice(("notice", "notice and plain", "notice", "newsletter", "letter", "plain", "bare", "bare"))


def _write(draft: Draft, lines: list[Line]) -> None:
    one, chance, own, body = draft.one, draft.chance, cast(draft.one.language), draft.body
    kind, personal = draft.template.kind, draft.look.startswith(("plain", "letter"))
    said = {
        what: [fill(line.text, one, chance) for line in lines if line.what == what]
        for what in ("paragraph", "button", "row", "quote")
    }
    machine = kind.startswith((*_MACHINES, "bounce", "report", "notice.scan"))
    if not machine and chance.random() < 0.85:
        body.greeting = _greeting(draft, personal)
    body.paragraphs, body.quotes = said["paragraph"], said["quote"]
    body.rows = [(name.strip(), value.strip()) for name, _, value in (row.partition("|") for row in said["row"])]
    body.buttons = [(text, _address(draft)) for text in said["button"]]
    if draft.template.wanted and not body.buttons and not personal and chance.random() < 0.4:
        body.extra_links.append((draft.sender.links, f"https://{draft.sender.links}/"))
    if not machine:
        body.closing = _closing(draft, personal)
    body.quoted_by = fill(chance.choice(own["wrote"]), one, chance)
    if draft.template.wanted and not personal and chance.random() < 0.2:
        body.footer.append(one.recipient)
    _decorate(draft)


def _greeting(draft: Draft, personal: bool) -> str:
    own, chance = cast(draft.one.language), draft.chance
    text = fill(chance.choice(own["informal" if personal and chance.random() < 0.7 else "formal"]), draft.one, chance)
    if not draft.template.wanted and draft.template.kind.startswith("phish") and chance.random() < 0.4:
        address = draft.one.recipient
        text = f"{text.partition(' ')[0]} {address if chance.random() < 0.6 else address.partition('@')[0]}"
    return text + chance.choice(("," if draft.one.language not in ("ja", "zh") else "", ",", "", "!"))


def _closing(draft: Draft, personal: bool) -> list[str]:
    own, one, chance = cast(draft.one.language), draft.one, draft.chance
    if draft.template.kind.startswith(_FRAUD) and chance.random() < 0.5:
        return [chance.choice((one.boss, chance.choice(own["bye"]), f"{chance.choice(own['bye'])}, {one.boss}"))]
    lines = [chance.choice(own["bye"]) + chance.choice((",", "", "!")), one.boss if personal else one.company]
    if personal and chance.random() < 0.6:
        lines += [one.company, one.values["phone"]]
    return lines if chance.random() < 0.9 else lines[1:2]


def _decorate(draft: Draft) -> None:
    """Footers, opt-outs, pictures, the links around the text."""
    own, one, chance, body, host = cast(draft.one.language), draft.one, draft.chance, draft.body, draft.sender.links
    bulk = draft.look.startswith("newsletter") or any(name == "List-Unsubscribe" for name, _ in draft.sender.fields)
    if bulk and "list.discussion" not in draft.template.kind:
        body.footer.append(fill(chance.choice(own["optout"]), one, chance))
        body.extra_links += [
            (text, f"https://{host}/{chance.getrandbits(80):x}")
            for text in chance.sample(
                ("Facebook", "LinkedIn", "Instagram", "YouTube", "www", "Web version"), chance.randint(0, 4)
            )
        ]
        body.extra_links.append(
            (chance.choice(own["optout"]).rpartition(" ")[2], f"https://{host}/u/{chance.getrandbits(64):x}")
        )
    elif draft.template.wanted and not draft.look.startswith(("plain", "letter")) and chance.random() < 0.6:
        body.footer.append(chance.choice(own["automatic"]))
    elif chance.random() < 0.25 and not draft.template.kind.startswith(_FRAUD):
        body.footer.append(fill(chance.choice(own["notice"]), one, chance))
    if draft.look.startswith(("newsletter", "notice")):
        count = chance.randint(0, 2 if draft.look.startswith("notice") else 7)
        body.pictures = [
            f"https://{chance.choice(('img.', 'cdn.', ''))}{host}/{chance.getrandbits(40):x}.png" for _ in range(count)
        ]


def _address(draft: Draft) -> str:
    host, chance, one = draft.sender.links, draft.chance, draft.one
    if draft.template.wanted:
        path = chance.choice(
            (
                f"{chance.getrandbits(64):x}",
                f"orders/{one.values['code']}",
                f"ls/click?upn={chance.getrandbits(400):x}",
                "account/documents",
                f"r/{chance.getrandbits(30)}?utm_source=mail&utm_medium=email",
            )
        )
        return _TRACKED.format(host=host, path=path)
    tail = chance.choice(
        (
            f"?email={one.recipient}",
            f"#{one.recipient}",
            f"#{base64.b64encode(one.recipient.encode()).decode()}",
            "",
            "",
            f"?id={chance.getrandbits(40):x}",
        )
    )
    path = chance.choice(
        ("", "index.html", f"{chance.getrandbits(32):x}", "wp-content/secure/login.php", "auth/signin", "track/")
    )
    address = _TRACKED.format(host=host, path=path + tail)
    if draft.template.kind.startswith("phish") and chance.random() < 0.15:
        address = (
            chance.choice(
                ("https://www.google.com/url?q=", "https://l.facebook.com/l.php?u=", "https://t.co/redirect?url=")
            )
            + address
        )
    return address.replace("https://", "http://") if chance.random() < 0.15 else address


def _enclose(draft: Draft) -> None:
    """Papers, calendars, reports, QR codes, pages."""
    chance, one, kind = draft.chance, draft.one, draft.template.kind
    special = {line.what for line in draft.template.lines}
    code = one.values["code"]
    if "qr" in special:
        _qr(draft, _address(draft))
    if "web page" in special:
        form = f'<form action="https://{draft.sender.links}/post.php" method="post">{one.recipient}'
        page = f'<html><body>{form}<input type="password" name="p"><input type="submit"></form></body></html>'
        draft.files.append(Enclosure(f"{code}.html", "text/html", page.encode()))
    if kind.startswith(_PAPERS) and chance.random() < 0.8:
        lines = [one.company, *draft.body.paragraphs, one.values["amount"]]
        draft.files.append(
            enclosures.pdf(f"{chance.choice(('document', 'scan', 'Invoice', 'doc'))}-{code}.pdf", lines)
            if chance.random() < 0.75
            else enclosures.word_document(f"{code}.docx", lines)
        )
    if kind.startswith("calendar"):
        method = "REQUEST" if kind.endswith("invite") else "REPLY"
        draft.files.append(enclosures.calendar(draft.subject, draft.sender.address, one.recipient, method, chance))
    if kind == "report.dmarc":
        draft.files.append(enclosures.report(one.domain, chance))
    if draft.look.startswith("letter") and not draft.files and chance.random() < 0.25:
        draft.files.append(enclosures.logo("image001.png", f"image001.png@01D{chance.getrandbits(32):08X}", chance))


def _qr(draft: Draft, address: str) -> None:
    """Three ways that attackers show one; HTML is needed for two of them."""
    way = draft.chance.choice(("inline", "attached", "pdf", "table"))
    if draft.look.startswith("plain") and way in ("inline", "table"):
        draft.look = "notice"
    if way == "table":
        draft.body.drawing = enclosures.qr_as_table(address)
    elif way == "pdf":
        draft.files.append(
            enclosures.qr_in_pdf(f"{draft.one.us}-{draft.one.values['code']}.pdf", address, draft.body.paragraphs)
        )
    else:
        identity = "qr@image" if way == "inline" else ""
        draft.files.append(
            enclosures.picture(f"{draft.one.values['code']}.png", enclosures.qr_dots(address), 5, identity)
        )
        if identity:
            draft.body.drawing = f'<p><img src="cid:{identity}" alt=""></p>'


Parts = list[tuple[str, bytes]]  # header block and content of each


def _assemble(draft: Draft) -> bytes:
    chance = draft.chance
    texts: list[tuple[str, str]] = []
    if draft.look.startswith("plain") or "and plain" in draft.look:
        text = mail_programs.plain if draft.look.startswith(dressing.LOOKS) else layouts.plain
        texts.append(("plain", text(draft.body, chance)))
    draw: dict[str, Callable[[Body, random.Random], str]] = {
        "letter": layouts.letter,
        "notice": layouts.notice,
        "bare": layouts.bare,
        "newsletter": layouts.newsletter,
        **mail_programs.LAYOUTS,
        **mailings.LAYOUTS,
    }
    shape = draw.get(draft.look.partition(" ")[0])
    if shape is not None:
        texts.append(("html", shape(draft.body, chance)))
    entities = [_text(kind, text, chance) for kind, text in texts]
    whole = entities[0] if len(entities) == 1 else _multipart("alternative", entities, chance)
    inline = [one for one in draft.files if one.content_id and "html" in dict(texts)]
    if inline:
        whole = _multipart("related", [whole, *(_file(one) for one in inline)], chance)
    others = [one for one in draft.files if one not in inline]
    if others:
        whole = _multipart("mixed", [whole, *(_file(one) for one in others)], chance)
    fields = _head(draft)
    if chance.random() < BARE:
        fields = [pair for pair in fields if pair[0] in _LEFT]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return (head + "MIME-Version: 1.0\r\n").encode() + whole


def _head(draft: Draft) -> list[tuple[str, str]]:
    one, sender, chance = draft.one, draft.sender, draft.chance
    fields = [("Received", hop) for hop in senders.hops(sender, chance)]
    if chance.random() < 0.5:
        spf, dkim, dmarc = sender.authentication
        fields.append(
            (
                "Authentication-Results",
                f"spf={spf} (sender IP is 203.0.113.{chance.randint(1, 254)}) smtp.mailfrom={sender.domain}; "
                f"dkim={dkim} header.d={sender.domain}; dmarc={dmarc} action=none header.from={sender.domain};"
                f"compauth={'pass' if dmarc == 'pass' else 'fail'} reason=100",
            )
        )
    if sender.mail_from and chance.random() < 0.5:
        fields.append(("Return-Path", f"<{sender.mail_from}>"))
    year, month = chance.randint(2022, 2027), chance.choice(("Jan", "Mar", "May", "Jul", "Sep", "Nov"))
    day, zone = chance.choice(("Mon", "Tue", "Wed", "Thu", "Fri")), chance.choice(("+0000", "+0100", "-0500", "+0900"))
    clock = f"{chance.randint(6, 20):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    date = f"{day}, {chance.randint(1, 28):02} {month} {year} {clock} {zone}"
    shown = f"{_encoded(sender.name)} <{sender.address}>" if sender.name else sender.address
    core = [
        ("From", shown),
        ("To", _recipient(draft)),
        ("Subject", _encoded(draft.subject)),
        ("Date", date),
        ("Message-ID", senders.identity(sender, chance)),
    ]
    if sender.reply_to:
        core.append(("Reply-To", sender.reply_to))
    if draft.answers:
        core += [("In-Reply-To", draft.answers), ("References", draft.answers)]
    elif draft.body.quotes or draft.template.kind in ("scam.thread-hijack", "conversation.chain"):
        core += [("In-Reply-To", earlier := f"<{chance.getrandbits(64):x}@{one.our_domain}>"), ("References", earlier)]
    rest = [pair for pair in sender.fields if pair[0] != "Message-ID"]
    chance.shuffle(core)
    return [*fields, *rest, *core] if chance.random() < 0.5 else [*fields, *core, *rest]


def _recipient(draft: Draft) -> str:
    one, chance = draft.one, draft.chance
    posted = next((value for name, value in draft.sender.fields if name == "List-Post"), "")
    if posted:
        return posted.removeprefix("<mailto:").rstrip(">")
    if draft.template.wanted and chance.random() < 0.04:
        return "undisclosed-recipients:;"
    if draft.template.kind.startswith(("scam.inheritance", "scam.donation", "spam.")) and chance.random() < 0.25:
        return "undisclosed-recipients:;"
    return f"{_encoded(f'{one.first} {one.last}')} <{one.recipient}>" if chance.random() < 0.5 else one.recipient


def _encoded(text: str) -> str:
    if text.isascii():
        return (
            f'"{text}"'
            if any(mark in text for mark in ",;()|*") and "<" not in text and len(text) < 40 and ":" not in text
            else text
        )
    return Header(text, "utf-8", maxlinelen=990).encode()


def _text(kind: str, text: str, chance: random.Random) -> bytes:
    content, encoding = text.replace("\n", "\r\n").encode(), chance.choice(("quoted-printable", "base64", "8bit"))
    if encoding == "quoted-printable":
        content = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + content
    )


def _file(one: Enclosure) -> bytes:
    placed = f"inline\r\nContent-ID: <{one.content_id}>" if one.content_id else f'attachment; filename="{one.name}"'
    kind = f'Content-Type: {one.content_type}; name="{one.name}"'
    head = f"{kind}\r\nContent-Disposition: {placed}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(one.content).replace(b"\n", b"\r\n")


def _multipart(kind: str, parts: list[bytes], chance: random.Random) -> bytes:
    mark = chance.choice(("----=_Part_{}", "_000_{}_", "0000000000{}", "--_{}")).format(f"{chance.getrandbits(72):x}")
    inside = b"".join(b"--%s\r\n%s\r\n" % (mark.encode(), part) for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n\r\n'.encode() + inside + f"--{mark}--\r\n".encode()


def settle(template: Template, chance: random.Random) -> tuple[str, list[Line]]:
    """Subject and lines with their alternatives chosen."""
    return choose(template.subject, chance), [Line(line.what, choose(line.text, chance)) for line in template.lines]
