"""Who sends invented mail, by which system, with the header fields that such a system writes.

Names of services and the shape of their fields are facts about those services; the firms are invented.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from lockgate.learning.filling import Scene, invented_name, slug

FREE_MAIL = (
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "gmx.de",
    "hotmail.com",
    "icloud.com",
    "proton.me",
    "mail.com",
    "web.de",
)
FREE_HOSTS = ("pages.dev", "web.app", "weebly.com", "netlify.app", "workers.dev", "r2.dev")
RISKY = ("top", "xyz", "shop", "click", "icu", "online", "site", "live", "buzz", "cyou")
SERVICES = {
    "sign": ("docusign.net", "dse", "DocuSign"), "share": ("sharepointonline.com", "no-reply", "SharePoint Online"),
    "notice.chat": ("email.teams.microsoft.com", "noreply", "Microsoft Teams"),
    "it.review": ("github.com", "notifications", ""),
    "social": ("linkedin.com", "messages-noreply", "LinkedIn"), "parcel": ("dhl.com", "noreply", "DHL"),
    "invoice.receipt": ("stripe.com", "receipts", ""), "it.build": ("gitlab.com", "gitlab", "GitLab"),
}  # fmt: skip
"""Of kinds of notices: domain, mailbox and name of a real service that sends them."""
PROVIDERS = (
    "dpd.de", "eventbrite.com", "docusign.net", "sharepoint.com", "zoom.us", "hubspotlinks.com", "list-manage.com",
    "calendly.com", "zendesk.com", "typeform.com", "facebook.com", "laposte.fr", "adobe.com",
)  # fmt: skip
PLATFORMS = ("sendgrid.net", "mcsv.net", "amazonses.com", "mailjet.com", "hubspotemail.net", "sparkpostmail.com")


@dataclass(slots=True)
class Sender:
    """`links` is the host that buttons lead to; `authentication` what Exchange would say of SPF, DKIM, DMARC."""

    name: str
    address: str
    links: str
    reply_to: str = ""
    mail_from: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    authentication: tuple[str, str, str] = ("pass", "pass", "pass")

    @property
    def domain(self) -> str:
        """Of the address."""
        return self.address.rpartition("@")[2]


def person(one: Scene, chance: random.Random) -> Sender:
    """Somebody at a firm, by Microsoft 365, Google Workspace or a server of their own; sometimes a freelancer."""
    words = slug(one.boss).split("-")
    local = chance.choice((".".join(words), words[-1], words[0], "".join(word[0] for word in words), "office"))
    free = chance.random() < 0.12
    domain = chance.choice(FREE_MAIL) if free else one.domain
    made = Sender(one.boss, f"{local}@{domain}", one.domain)
    _by_client(made, chance)
    return made


def colleague(one: Scene, chance: random.Random) -> Sender:
    """Somebody or some system inside the organisation."""
    system = chance.random() < 0.5
    local = (
        chance.choice(("hr", "it-service", "facilities", "noreply", "intranet"))
        if system
        else slug(one.boss).replace("-", ".")
    )
    made = Sender(
        f"{one.us} {local.upper()}" if system else one.boss, f"{local}@{one.our_domain}", f"intranet.{one.our_domain}"
    )
    _by_exchange(made, chance)
    return made


def coworker(one: Scene, chance: random.Random) -> Sender:
    """Somebody inside the organisation."""
    made = Sender(one.boss, f"{slug(one.boss).replace('-', '.')}@{one.our_domain}", one.our_domain)
    _by_exchange(made, chance)
    return made


def system(one: Scene, kind: str, chance: random.Random) -> Sender:
    """A service that sends notices, of a firm or a well-known one."""
    service = next((found for start, found in SERVICES.items() if kind.startswith(start)), None)
    if service is not None and chance.random() < 0.5:
        domain, local, name = service
        shown = chance.choice((f"{one.boss} via {name}", name)) if name else one.company
        return _platform(Sender(shown, f"{local}@{domain}", f"www.{domain}"), domain, chance)
    local = chance.choice(("noreply", "no-reply", "service", "info", "notifications", "support", "billing"))
    host = chance.choice(("", "", "mail.", "notify."))
    links = chance.choice(("", "www.", "my.", "app.")) + one.domain if chance.random() < 0.6 else elsewhere(one, chance)
    made = Sender(_called(one, chance), f"{local}@{host}{one.domain}", links)
    if chance.random() < 0.08:
        made.reply_to = f"support@{invented_name(chance).lower()}.example"
    return _platform(made, chance.choice((*PLATFORMS, one.domain)), chance)


def _called(one: Scene, chance: random.Random) -> str:
    """What a firm's mail is signed with: mostly its name, sometimes only what the mailbox is for, or a person."""
    purpose = chance.choice(("Service", "Billing", "Newsletter", "Info", "Kundenservice", "Facturación", "Redaktion"))
    return chance.choice((one.company, one.company, one.company, purpose, f"{one.us} {purpose}", one.boss))


def elsewhere(one: Scene, chance: random.Random) -> str:
    """A host that firms honestly link to and that is not theirs: a provider's, with or without their name in front."""
    provider = chance.choice((*PROVIDERS, f"{invented_name(chance).lower()}.example"))
    return chance.choice(
        (f"{slug(one.company)}.{provider}", provider, f"{chance.choice(('app', 'go', 'links'))}.{provider}")
    )


def marketing(one: Scene, chance: random.Random) -> Sender:
    """A firm's newsletter by a mailing platform: tracked links lead to the platform or below the firm's name."""
    platform = chance.choice(PLATFORMS)
    local = chance.choice(("news", "newsletter", "hello", "marketing", "info"))
    tracked = chance.choice(
        (f"click.{one.domain}", f"links.{one.domain}", f"u{chance.randint(100, 999)}.ct.{platform}")
    )
    made = _platform(
        Sender(one.company, f"{local}@{chance.choice(('', 'mail.', 'e.'))}{one.domain}", tracked), platform, chance
    )
    if chance.random() < 0.25:
        tracked = elsewhere(one, chance)
    leave = f"https://{tracked}/unsubscribe/{chance.getrandbits(64):x}"
    made.fields.append(("List-Unsubscribe", f"<{leave}>, <mailto:leave-{chance.getrandbits(32):x}@{platform}>"))
    if chance.random() < 0.7:
        made.fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if chance.random() < 0.4:
        made.fields.append(("Precedence", "bulk"))
    return made


def mailing_list(one: Scene, chance: random.Random) -> Sender:
    """Somebody writing over a list."""
    made = person(one, chance)
    name, host = f"{slug(one.values['product'])}-users", f"lists.{one.domain}"
    made.fields += [
        ("List-Id", f"<{name}.{host}>"), ("List-Post", f"<mailto:{name}@{host}>"), ("Precedence", "list"),
        ("List-Unsubscribe", f"<mailto:{name}-leave@{host}>"),
    ]  # fmt: skip
    made.mail_from = f"{name}-bounces@{host}"
    return made


def daemon(one: Scene, chance: random.Random) -> Sender:
    """A mail system that reports."""
    made = Sender(
        chance.choice(("Mail Delivery System", "Postmaster", "")),
        f"{chance.choice(('mailer-daemon', 'postmaster'))}@{one.domain}",
        one.domain,
    )
    made.fields.append(("Auto-Submitted", "auto-replied"))
    return made


def fraudster(one: Scene, chance: random.Random) -> Sender:
    """Business e-mail compromise: a name that is known, an address that is not, or a reply that goes elsewhere."""
    local = chance.choice(
        (
            slug(one.boss).replace("-", "."),
            f"{slug(one.boss).replace('-', '')}{chance.randint(10, 999)}",
            "office.ceo",
            f"exec{chance.randint(100, 9999)}",
        )
    )
    free = f"{local}@{chance.choice(FREE_MAIL)}"
    if chance.random() < 0.5:
        made = Sender(one.boss, free, one.domain)
    elif chance.random() < 0.5:
        made = Sender(one.boss, f"{local}@{chance.choice((one.domain, one.our_domain))}", one.domain, reply_to=free)
        made.authentication = ("none", "none", "fail")
    else:
        ending = chance.choice(("-corp", "-mail", "s", "-group"))
        cousin = f"{one.us.lower()}{ending}.{chance.choice(('example', 'com.co', *RISKY))}"
        made = Sender(one.boss, f"{local}@{cousin}", cousin)
    _by_client(made, chance)
    return made


def intruder(one: Scene, chance: random.Random) -> Sender:
    """Somebody who took over a firm's mailbox and answers its threads."""
    made = person(one, chance)
    made.links = stranger(one, chance)
    return made


def phisher(one: Scene, chance: random.Random) -> Sender:
    """Credential phishing: an official-looking name on a stranger's address."""
    shown = chance.choice(
        (
            f"{one.us} IT",
            f"{one.us} Support",
            "Microsoft 365",
            "Mail Administrator",
            one.company,
            f"{one.boss} via DocuSign",
            one.us,
            "Notification",
        )
    )
    odd = f"{invented_name(chance).lower()}-{invented_name(chance).lower()}.{chance.choice(RISKY)}"
    domain = chance.choice((odd, one.domain, one.our_domain, f"mail.{odd}", chance.choice(FREE_MAIL)))
    local = chance.choice(
        ("noreply", "admin", "support", "info", f"notify{chance.randint(10, 9999)}", slug(one.boss).replace("-", "."))
    )
    made = Sender(shown, f"{local}@{domain}", stranger(one, chance))
    if domain == one.our_domain:
        made.authentication = ("fail", "none", "fail")
    _by_client(made, chance)
    return made


def spammer(one: Scene, chance: random.Random) -> Sender:
    """Bulk unwanted mail from a domain of the day."""
    ending = chance.choice(("", "-deals", "news", "-offer"))
    domain = f"{invented_name(chance).lower()}{ending}.{chance.choice((*RISKY, 'example', 'example'))}"
    shown = chance.choice(
        (
            one.company,
            f"{one.values['product'].title()} Offer",
            "Reward Centre",
            one.boss,
            "Customer Service",
            f"**{one.first}**",
        )
    )
    free = chance.random() < 0.25
    address = (
        f"{slug(one.boss).replace('-', '')}{chance.randint(1, 99)}@{chance.choice(FREE_MAIL)}"
        if free
        else f"{chance.choice(('info', 'offer', 'news', 'contact'))}@{domain}"
    )
    made = Sender(shown, address, stranger(one, chance) if chance.random() < 0.6 else domain)
    if chance.random() < 0.35:
        made.fields.append(("List-Unsubscribe", f"<https://{domain}/u/{chance.getrandbits(40):x}>"))
    if chance.random() < 0.3:
        made.reply_to = f"{slug(one.boss).replace('-', '')}@{chance.choice(FREE_MAIL)}"
    return made


def stranger(one: Scene, chance: random.Random) -> str:
    """A host that a lure leads to: rented for a day, free, or somebody's hacked site."""
    word = invented_name(chance).lower()
    return chance.choice((
        f"{word}-{chance.choice(('login', 'secure', 'verify', 'portal', 'docs'))}.{chance.choice(RISKY)}",
        f"{word}{chance.randint(10, 999)}.{chance.choice(FREE_HOSTS)}",
        f"{chance.choice(('www.', 'shop.', ''))}{word}.example",
        chance.choice(("bit.ly", "t.ly", "tinyurl.com", "rb.gy")),
        f"{slug(one.us)}.{word}.{chance.choice(RISKY)}", "storage.googleapis.com",
    ))  # fmt: skip


def identity(made: Sender, chance: random.Random) -> str:
    """A Message-ID of the style of the system."""
    given = next((value for name, value in made.fields if name == "Message-ID"), "")
    return given or f"<{chance.getrandbits(96):x}.{chance.randint(1, 9999)}@{made.domain}>"


def _by_client(made: Sender, chance: random.Random) -> None:
    style = chance.random()
    if style < 0.4:
        _by_exchange(made, chance)
    elif style < 0.65 or made.domain == "gmail.com":
        made.fields += [
            ("Message-ID", f"<CA{_letters(chance, 46)}@mail.gmail.com>"),
            ("DKIM-Signature", _signature(made.domain, "20230601", chance)),
        ]
    elif style < 0.85:
        agent = chance.choice(("Mozilla Thunderbird", "Apple Mail (2.3774)", "Roundcube Webmail/1.6", "Evolution 3.46"))
        made.fields += [("User-Agent", agent), ("Message-ID", f"<{chance.getrandbits(128):032x}@{made.domain}>")]
    else:
        made.fields.append(("DKIM-Signature", _signature(made.domain, "mail", chance)))


def _by_exchange(made: Sender, chance: random.Random) -> None:
    node = f"{_letters(chance, 3).upper()}PR{chance.randint(1, 9):02}MB{chance.randint(1000, 9999)}"
    made.fields += [
        ("DKIM-Signature", _signature(made.domain, "selector1", chance)),
        ("Thread-Index", f"A{_letters(chance, 27)}=="),
        ("Accept-Language", "en-GB, en-US"), ("Content-Language", "en-GB"),
        ("Message-ID", f"<{node}{_letters(chance, 30).upper()}@{node}.eurprd0{chance.randint(1, 9)}.prod.outlook.com>"),
    ]  # fmt: skip


def _platform(made: Sender, platform: str, chance: random.Random) -> Sender:
    made.fields += [
        ("DKIM-Signature", _signature(made.domain, f"s{chance.randint(1, 2)}", chance)),
        ("Message-ID", f"<{_letters(chance, 22)}@{chance.choice(('ismtpd', 'mta'))}{chance.randint(1, 9)}.{platform}>"),
    ]  # fmt: skip
    if chance.random() < 0.5:
        made.fields.append(
            ("Feedback-ID", f"{chance.getrandbits(24)}:{chance.getrandbits(16)}:{platform.partition('.')[0]}")
        )
    if chance.random() < 0.3:
        made.fields.append(("Auto-Submitted", "auto-generated"))
    made.mail_from = f"bounce+{chance.getrandbits(40):x}@em{chance.randint(100, 9999)}.{made.domain}"
    return made


def _signature(domain: str, selector: str, chance: random.Random) -> str:
    start = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; h=From:Date:Subject:To:Message-ID"
    return f"{start}; bh={_letters(chance, 43)}=; b={_letters(chance, 86)}=="


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=count))


def hops(made: Sender, chance: random.Random) -> Iterator[str]:
    """Received fields of the sending side."""
    for place in range(chance.randint(0, 2)):
        inner = f"[10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}]"
        by = f"out{chance.randint(1, 9)}.{made.domain}"
        yield f"from app{place}.{made.domain} ({inner}) by {by} with ESMTPS id {_letters(chance, 10)}"
