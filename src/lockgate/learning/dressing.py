"""What happens to mail on its way into a mailbox: marks of outside mail, signatures, quoted threads, rewritten links.

The same words are met in many shapes; both wanted and unwanted mail wears them, so that none of them means anything by
itself. Of layouts, banners, footers and addresses some are kept back: only messages of templates that are kept back
wear them, and those wear no others.
"""

import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeVar
from urllib.parse import quote

from lockgate.learning import mail_programs, mailings, senders
from lockgate.learning.draft import Draft
from lockgate.learning.filling import Scene, choose, fill, scene, slug
from lockgate.learning.layouts import Earlier
from lockgate.learning.senders import FREE_MAIL, Sender
from lockgate.learning.templates import Template, cast, templates

LOOKS = ("plain mail", *mail_programs.LAYOUTS, *mailings.LAYOUTS)
OTHER_FREE_MAIL = ("aol.com", "yandex.com", "zohomail.com", "tutanota.com", "comcast.net", "mail.ru", "gmail.com")
KEPT_FREE_MAIL = ("protonmail.com", "gmx.net", "cox.net", "my.com", "inbox.lv", "naver.com", "outlook.com")
_FROM_FREE_MAIL = {
    "conversation.private": 0.9, "conversation.customer": 0.6, "conversation.first-contact": 0.5,
    "conversation.introduction": 0.3, "conversation.question": 0.3, "conversation.offer": 0.25,
    "conversation.available": 0.2,
}  # fmt: skip
"""How much honest mail of these kinds comes from free mailboxes: private people and very small firms have nothing else.
Of other talk it is `RARELY`: few firms write of payments from one."""
RARELY = 0.06
_COLLEAGUES = ("internal.", "hr.direct-deposit", "hr.payroll-question", "hr.leave", "hr.expense")
_POSE_AS_SUPPLIERS = ("scam.vendor-change", "scam.thread", "scam.lawyer")
"""Frauds on firms in which somebody outside is played; in the others it is somebody inside."""
_SERVICES = ("phish.", "scam.callback")
_TALK = ("conversation", "legal", "quality", "purchase", "contract", "logistics", "property")
_BULK = ("newsletter", "marketing", "press", "event", "charity")
_Of = TypeVar("_Of")


def sender(template: Template, one: Scene, chance: random.Random) -> Sender | None:
    """Who sends it, where that is to vary more than elsewhere; None: as without dress."""
    kind = template.kind
    if template.firms:
        return (
            _false_supplier(template, one, chance)
            if _poses_as_supplier(kind)
            else _false_superior(template, one, chance)
        )
    if not template.wanted and kind.startswith(_SERVICES) and chance.random() < 0.5:
        return _false_service(template, one, chance)
    if template.wanted and kind.startswith(_COLLEAGUES):
        return senders.coworker(one, chance)
    free = next((share for start, share in _FROM_FREE_MAIL.items() if kind.startswith(start)), RARELY)
    if template.wanted and kind.startswith(_TALK) and chance.random() < free:
        made = senders.person(one, chance)
        local = made.address.partition("@")[0]
        domain = chance.choice((*FREE_MAIL, *_of_side(OTHER_FREE_MAIL, KEPT_FREE_MAIL, template)))
        made.address = f"{local}{chance.choice(('', '', chance.randint(1, 99)))}@{domain}"
        made.fields = [pair for pair in made.fields if pair[0] != "DKIM-Signature"]
        return made
    return None


def dress(draft: Draft) -> None:
    """Change how it looks and what stands around it, not what it says."""
    chance = draft.chance
    letter = draft.look.startswith(("plain", "letter"))
    inside = draft.sender.domain == draft.one.our_domain
    if not inside and chance.random() < 0.3:
        draft.body.banner = _pick(cast(draft.one.language)["banner"], draft)
    if not inside and chance.random() < 0.08:
        draft.subject = f"{_of_side(('[EXTERNAL]',), ('[EXTERN]',), draft.template)[0]} {draft.subject}"
    if letter:
        _sign(draft)
        _quote(draft)
        if draft.template.wanted and chance.random() < 0.1:
            draft.body.extra_links.append(_shared_place(chance))
        _look(draft, "plain mail", mail_programs.LAYOUTS, mail_programs.KEPT_BACK, 0.35)
    else:
        if draft.template.wanted and draft.template.kind.startswith(_BULK):
            _more_stories(draft) if chance.random() < 0.92 else _only_pictures(draft)
        _look(draft, "plain mail", mailings.LAYOUTS, mailings.KEPT_BACK, 0.08)
    if chance.random() < 0.3:
        _rewrite_links(draft)
    if chance.random() < 0.3:
        _stamp(draft)


def _poses_as_supplier(kind: str) -> bool:
    return kind.startswith(_POSE_AS_SUPPLIERS)


def _false_superior(template: Template, one: Scene, chance: random.Random) -> Sender:
    """Somebody of our own firm on a free mailbox, on a domain like ours, with another Reply-To, or on some domain."""
    words, free, way = slug(one.boss).split("-"), _free_mailbox(template, one, chance), chance.random()
    local, ours = ".".join(words), one.our_domain.partition(".")[0]
    if way < 0.5:
        made = Sender(one.boss, free, one.our_domain)
    elif way < 0.65:
        made = Sender(one.boss, f"{local}@{one.our_domain}", one.our_domain, reply_to=free)
        made.authentication = ("none", "none", "fail")
    elif way < 0.85:
        made = Sender(one.boss, f"{local}@{_like(ours, template, chance)}", one.our_domain)
    else:
        office = chance.choice(
            _of_side(("exec-mail", "head-office", "mobile-desk"), ("leadership", "hq-mail"), template)
        )
        made = Sender(one.boss, f"{local}@{office}{chance.randint(1, 99)}.example", one.our_domain)
    return _by_some_program(made, chance)


def _false_supplier(template: Template, one: Scene, chance: random.Random) -> Sender:
    """A supplier's own mailbox that was broken into, a domain like the supplier's, another Reply-To, or free mail."""
    words, way = slug(one.boss).split("-"), chance.random()
    if way < 0.35:
        return senders.person(one, chance)
    local, theirs = chance.choice((".".join(words), "accounts", "billing", words[0])), one.domain.rpartition(".")[0]
    if way < 0.65:
        made = Sender(one.boss, f"{local}@{_like(theirs, template, chance)}", one.domain)
    elif way < 0.85:
        elsewhere = chance.choice((f"{local}@{_like(theirs, template, chance)}", _free_mailbox(template, one, chance)))
        made = Sender(one.boss, f"{local}@{one.domain}", one.domain, reply_to=elsewhere)
    else:
        made = Sender(one.boss, _free_mailbox(template, one, chance), one.domain)
    return _by_some_program(made, chance)


def _false_service(template: Template, one: Scene, chance: random.Random) -> Sender:
    """A service that is called by what it pretends to do, on a domain of such words; its links lead to the same."""
    purposes = _of_side(
        ("portal", "notice", "docs", "service", "mail", "desk"), ("alerts", "center", "online", "id"), template
    )
    ours, word = one.our_domain.partition(".")[0], slug(template.kind.partition(".")[2]).split("-")[-1]
    purpose = chance.choice(purposes)
    names = (f"{ours}-{purpose}", f"{word}-{purpose}", f"{word}{purpose}", f"{purpose}-{slug(one.company)}")
    domain = f"{chance.choice(names)}.{chance.choice(('example', 'example', 'com.co', 'org.co', *senders.RISKY[:3]))}"
    local = chance.choice(("noreply", "service", "notice", "info", "support", f"team{chance.randint(1, 99)}"))
    shown = chance.choice((purpose.title(), f"{one.us} {purpose}", one.company, f"{word.title()} {purpose.title()}"))
    return _by_some_program(Sender(shown, f"{local}@{domain}", domain), chance)


def _like(name: str, template: Template, chance: random.Random) -> str:
    """A domain that could be taken for that of the name."""
    letters = _of_side((("o", "0"), ("l", "1"), ("m", "rn")), (("i", "l"), ("g", "q"), ("a", "e")), template)
    old, new = chance.choice(letters)
    endings = _of_side(
        ("-payments", "-accounts", "-hr", "llc", "-us"), ("-finance", "-billing", "-intl", "-office"), template
    )
    near = name.replace(old, new, 1) if old in name and chance.random() < 0.4 else f"{name}{chance.choice(endings)}"
    return f"{near}.{chance.choice(('example', 'example', 'com.co', 'org.co'))}"


def _free_mailbox(template: Template, one: Scene, chance: random.Random) -> str:
    words = slug(one.boss).split("-")
    locals_ = _of_side(
        ("ceo.desk", f"{words[0]}{words[-1]}.work", "president.office", f"{'.'.join(words)}.{chance.randint(1, 99)}"),
        ("private.inbox", f"{words[-1]}.{words[0]}", f"mobile.{words[0]}", f"md{chance.randint(10, 999)}"),
        template,
    )
    kept = _of_side(OTHER_FREE_MAIL, KEPT_FREE_MAIL, template)
    return f"{chance.choice(locals_)}@{chance.choice((*FREE_MAIL, *kept))}"


def _by_some_program(made: Sender, chance: random.Random) -> Sender:
    agent = chance.choice(("Apple Mail (2.3774)", "Roundcube Webmail/1.6", "Mozilla Thunderbird", ""))
    if agent:
        made.fields.append(("X-Mailer", agent))
    return made


def _sign(draft: Draft) -> None:
    """A signature with title and telephone, or what a telephone adds by itself, or small print."""
    own, one, chance = cast(draft.one.language), draft.one, draft.chance
    way = chance.random()
    if way < 0.25:
        draft.body.signature = [_pick(own["device"], draft)]
        draft.body.closing = draft.body.closing[-1:] if chance.random() < 0.5 else []
    elif way < 0.65:
        inside = draft.sender.links.endswith(one.our_domain)
        firm, site = (one.us, one.our_domain) if inside else (one.company, one.domain)
        lines = [one.boss, _pick(own["title"], draft), firm, one.values["phone"], f"www.{site}"]
        draft.body.signature = [line for line in lines if chance.random() < 0.8]
        draft.body.closing = draft.body.closing[:1]
    if chance.random() < 0.3:
        draft.body.signature.append(fill(_pick(own["disclaimer"], draft), one, chance))


def _quote(draft: Draft) -> None:
    """What it answers or forwards. Whoever answers was written to; who only pretends has nothing to refer to."""
    chance, one, body = draft.chance, draft.one, draft.body
    wanted, hijack = draft.template.wanted, "thread" in draft.template.kind
    share = 0.55 if wanted and draft.template.kind.startswith(_TALK) else 0.15 if wanted else 0.1
    texts = body.quotes or (_somebodys_words(draft) if chance.random() < (1.0 if hijack else share) else [])
    if not texts:
        return
    body.quotes = []
    other = scene(one.language, chance)
    to = f"{one.boss} <{draft.sender.address}>" if wanted else f"{other.boss} <{slug(other.boss)}@{one.domain}>"
    body.earlier = [
        Earlier(f"{one.first} {one.last}", one.recipient, to, one.values["date"], _bare(draft.subject), texts)
    ]
    body.quoted_by = fill(chance.choice(cast(one.language)["wrote"]), one, chance).replace(
        one.boss, f"{one.first} {one.last}"
    )
    if _bare(draft.subject) == draft.subject:
        mark = chance.choice(("Re: ", "RE: ", "AW: ", "FW: ", "Fwd: ", "SV: "))
        draft.subject = mark + draft.subject
    if chance.random() < (0.85 if wanted else 0.6 if hijack else 0.1):
        hosts = (one.our_domain, "eurprd04.prod.outlook.com", draft.sender.domain)
        draft.answers = f"<{chance.getrandbits(72):x}@{chance.choice(hosts)}>"


def _somebodys_words(draft: Draft) -> list[str]:
    """Paragraphs of an ordinary conversation of the same language and the same side."""
    found = draft.chance.choice(_conversations(draft.one.language, draft.template.held_out))
    lines = [line.text for line in found.lines if line.what == "paragraph"]
    return [fill(choose(text, draft.chance), draft.one, draft.chance) for text in lines]


def _more_stories(draft: Draft) -> None:
    """A newsletter brings several pieces."""
    others = _bulk(draft.one.language, draft.template.held_out)
    for found in draft.chance.sample(others, min(len(others), draft.chance.randint(0, 6))):
        lines = [line.text for line in found.lines if line.what == "paragraph"]
        draft.body.paragraphs += [fill(choose(text, draft.chance), draft.one, draft.chance) for text in lines]


def _only_pictures(draft: Draft) -> None:
    """A shop's mail whose words are all in pictures."""
    body, host = draft.body, draft.sender.links
    body.paragraphs, body.rows, body.buttons, body.greeting = [], [], [], ""
    body.pictures = [f"https://{host}/{draft.chance.getrandbits(40):x}.png" for _ in range(draft.chance.randint(2, 5))]


def _shared_place(chance: random.Random) -> tuple[str, str]:
    """What people honestly link to that is on other hosts: a map, files, a meeting, a form."""
    name, address = chance.choice((
        ("Google Maps", "https://maps.app.goo.gl/{}"), ("WeTransfer", "https://we.tl/t-{}"),
        ("YouTube", "https://youtu.be/{}"), ("Zoom", "https://us02web.zoom.us/j/{}"),
        ("Teams", "https://teams.microsoft.com/l/meetup-join/{}"), ("Google Forms", "https://forms.gle/{}"),
        ("Dropbox", "https://www.dropbox.com/scl/fi/{}"), ("Link", "https://bit.ly/{}"),
    ))  # fmt: skip
    return name, address.format(f"{chance.getrandbits(48):x}")


@cache
def _conversations(language: str, kept_back: bool) -> tuple[Template, ...]:
    return _some(language, kept_back, _TALK) or _some("en", kept_back, _TALK)


@cache
def _bulk(language: str, kept_back: bool) -> tuple[Template, ...]:
    return _some(language, kept_back, _BULK)


def _some(language: str, kept_back: bool, kinds: tuple[str, ...]) -> tuple[Template, ...]:
    return tuple(
        one for one in templates()
        if one.wanted and one.language == language and one.held_out is kept_back and one.kind.startswith(kinds)
    )  # fmt: skip


def _look(draft: Draft, text: str, layouts: Iterable[str], kept: Sequence[str], only_text: float) -> None:
    """One of the layouts of this side, with a text alternative or without, or text alone."""
    names = [name for name in layouts if (name in kept) is draft.template.held_out]
    shape = draft.chance.choice(names)
    if draft.chance.random() < only_text and not draft.body.drawing:
        draft.look = text
    else:
        draft.look = f"{shape} and plain" if draft.chance.random() < 0.6 else shape


def _rewrite_links(draft: Draft) -> None:
    """As Safe Links and its like do on the way through another organisation's filter."""
    key = draft.chance.getrandbits(160)
    ways = _of_side(
        (f"https://eur0{key % 6 + 1}.safelinks.protection.outlook.com/?url={{}}&data=05%7C02%7C{key:x}&reserved=0",
         f"https://urldefense.com/v3/__{{plain}}__;!!{key % 10**9:x}!{key:x}$"),
        (f"https://nam1{key % 3}.safelinks.protection.outlook.com/ap/w-59584e83/?url={{}}&data=05%7C01%7C{key:x}",
         f"https://linkprotect.cudasvc.com/url?a={{}}&c=E,1,{key:x}&typo=1"),
        draft.template,
    )  # fmt: skip
    way = draft.chance.choice(ways)

    def rewritten(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(text, way.replace("{}", quote(where, safe="")).replace("{plain}", where)) for text, where in pairs]

    draft.body.buttons, draft.body.extra_links = rewritten(draft.body.buttons), rewritten(draft.body.extra_links)


def _stamp(draft: Draft) -> None:
    """Fields that Exchange Online writes for mail that it lets through."""
    chance = draft.chance
    draft.sender.fields += [
        ("X-MS-Exchange-Organization-SCL", "1"), ("X-MS-Has-Attach", "yes" if draft.files else ""),
        ("X-Forefront-Antispam-Report", f"CIP:203.0.113.{chance.randint(1, 254)};CTRY:;LANG:en;SCL:1;SRV:;IPV:NLI;"
         f"SFV:NSPM;H:mail.{draft.sender.domain};CAT:NONE;SFS:(13230040);DIR:INB;"),
        ("X-Microsoft-Antispam", "BCL:0;ARA:13230040;"),
    ]  # fmt: skip


def _bare(subject: str) -> str:
    head, mark, rest = subject.partition(": ")
    return rest if mark and len(head) < 4 else subject


def _pick(choices: Sequence[str], draft: Draft) -> str:
    """One of those of the message's side: the last of a list is kept back."""
    return draft.chance.choice(choices[-1:] if draft.template.held_out else choices[:-1])


def _of_side(trained: Sequence[_Of], kept: Sequence[_Of], template: Template) -> Sequence[_Of]:
    return kept if template.held_out else trained
