"""Reads samples: many messages in one readable text file, each headed by what is expected.

    === hit | a bare address in a link
    @direction outbound          (inbound when left out)
    @internal contoso.com        domains of ours
    @person Ada Lovelace = ada@contoso.com
    @protect fabrikam.com
    @history messages=3 wrote_to=1
    @auth spf=pass dmarc=fail
    @exchange scl=9 cat=PHSH bcl=7
    @rule rule a { strings: $a = "x" condition: $a }
    @clamav part=Eicar-Signature  (also @icap, and @sandbox part=malicious)
    @listed blocked sender ada@sender.example     (standing, subject, what of the message is listed, source)
    @attach invoice.zip = zip(setup.exe=exe)
    From: ...

    body

`{U+200B}` in a text stands for that character, `{QR table https://...}` and `{QR blocks https://...}` for a code that
is drawn. What stands after `===` is `hit` or `miss` in a detector's file, and a kind of mail in a file of ham.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lockgate.detection.content import Content
from lockgate.detection.engine import NOT_CONFIGURED
from lockgate.detection.own_rules import OwnRules, compile_rules
from lockgate.detection.text import full_name
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.facts import (
    ExchangeVerdict,
    Fact,
    Facts,
    MissingFact,
    Namesake,
    Namesakes,
    Origin,
    ProtectedIdentities,
    ProtectedPerson,
    SenderAuthentication,
    SenderHistory,
)
from lockgate.model.findings import Maturity
from lockgate.model.header_rules import HeaderRule, HeaderRules, HeaderStanding
from lockgate.model.message import Message
from lockgate.model.reputation import Hit, Reputation, Standing, Subject
from lockgate.model.scans import ClamavScan, IcapScan, SandboxedFile, SandboxScan, SandboxState, ScannedFile
from lockgate.model.tuning import Tuning
from lockgate.tuning.header_rules import fields_from
from tests.lockgate.detection import sample_files

SCANS = ("clamav", "icap", "sandbox")
_HEADING = re.compile(r"^=== ", re.MULTILINE)


@dataclass(slots=True)
class Sample:
    """One message with its facts."""

    expected: str
    title: str
    raw: bytes = b""
    directives: list[tuple[str, str]] = field(default_factory=list)

    @property
    def message(self) -> Message:
        """As the product's parser reads it."""
        return parse(self.raw)

    @property
    def content(self) -> Content:
        """The derived views, with the own rules that `@rule` gives: one rule on one line."""
        sources = {f"{number}.yar": text for number, text in enumerate(self.values("rule"))}
        rules = compile_rules(sources)
        return Content(self.message, OwnRules(rules.version, rules.compiled) if rules.count else None)

    def values(self, name: str) -> Iterator[str]:
        """All directives of that name."""
        return (value for directive, value in self.directives if directive == name)

    @property
    def facts(self) -> Facts:
        """What the directives say; everything else is not configured."""
        message = self.message
        direction = Direction(next(self.values("direction"), "inbound"))
        recipients = tuple(mailbox.address for mailbox in message.to if mailbox.address)
        known: list[Fact] = [Origin(direction, "", recipients, frozenset(self.values("internal")))]
        people = tuple(_person(value) for value in self.values("person"))
        protected = frozenset(self.values("protect"))
        if people or protected:
            known.append(ProtectedIdentities(people, protected))
        matured = dict.fromkeys(self.values("mature"), Maturity.ENFORCED)
        if matured:
            known.append(Tuning(1, maturities=matured))
        named = tuple(self.values("namesake"))
        if named:
            authors = ((one.address.lower(), full_name(one.display_name)) for one in message.header_from)
            wanted = {full_name(name): len([one for one in named if one == name]) for name in named}
            bearers = (Namesake(address, name, wanted[name]) for address, name in authors if name in wanted)
            known.append(Namesakes(tuple(bearers)))
        for value in self.values("history"):
            given = _pairs(value)
            known.append(SenderHistory(int(given.get("messages", "0")), None, int(given.get("wrote_to", "0"))))
        known.extend(_authentication(_pairs(value)) for value in self.values("auth"))
        known.extend(_scan(name, value) for name, value in self.directives if name in SCANS)
        for value in self.values("exchange"):
            given = _pairs(value)
            scl, bcl = given.get("scl"), given.get("bcl")
            known.append(
                ExchangeVerdict(
                    int(scl) if scl else None, int(bcl) if bcl else None, given.get("cat", ""),
                    client_ip=given.get("ip", ""),
                )
            )  # fmt: skip
        rules = tuple(_header_rule(value) for value in self.values("header"))
        if rules:
            known.append(HeaderRules(rules))
        hits = tuple(_hit(value.split()) for value in self.values("listed"))
        if hits:
            known.append(Reputation(hits))
        return Facts(tuple(known), (MissingFact("SenderHistory", NOT_CONFIGURED),))


def read(path: Path) -> list[Sample]:
    """All samples of a file."""
    text = path.read_text(encoding="utf-8")
    return [_sample(block) for block in _HEADING.split(text)[1:]]


def _sample(block: str) -> Sample:
    heading, _, rest = block.partition("\n")
    expected, _, title = heading.partition("|")
    sample = Sample(expected.strip(), title.strip())
    while rest.startswith("@"):
        line, _, rest = rest.partition("\n")
        name, _, value = _unescape(line[1:]).partition(" ")
        sample.directives.append((name, value.strip()))
    raw = _unescape(rest.rstrip("\n") + "\n").replace("\n", "\r\n").encode("utf-8")
    attachments = [tuple(part.strip() for part in value.split("=", 1)) for value in sample.values("attach")]
    sample.raw = sample_files.with_attachments(raw, [(pair[0], pair[1]) for pair in attachments])
    return sample


def _unescape(text: str) -> str:
    """`{U+200B}` stands for a character that an editor would not show, `{QR ...}` for a drawn code."""
    text = re.sub(r"\{QR (table|blocks) ([^}]+)\}", lambda match: sample_files.DRAWN[match[1]](match[2]), text)
    return re.sub(r"\{U\+([0-9A-F]{4,6})\}", lambda match: chr(int(match[1], 16)), text)


def _person(value: str) -> ProtectedPerson:
    name, _, addresses = value.partition("=")
    return ProtectedPerson(name.strip(), frozenset(addresses.split()))


def _scan(name: str, value: str) -> Fact:
    """`@clamav where=threat`, `@icap where=threat`, `@sandbox where=state`; nothing behind `=` is clean."""
    given = [pair.partition("=")[::2] for pair in value.split()]
    if name == "sandbox":
        return SandboxScan(tuple(SandboxedFile(where, "0" * 64, SandboxState(state), "x") for where, state in given))
    files = tuple(ScannedFile(where, threat) for where, threat in given)
    return ClamavScan(files) if name == "clamav" else IcapScan(files)


def _header_rule(value: str) -> HeaderRule:
    """`@header blocked X-Mailer contains mass`; `from=192.0.2.0/24,sender.example` in front says who may."""
    standing, _, rest = value.partition(" ")
    places: tuple[str, ...] = ()
    if rest.startswith("from="):
        given, _, rest = rest.partition(" ")
        places = tuple(given.removeprefix("from=").split(","))
    networks = tuple(one for one in places if "/" in one)
    domains = tuple(one for one in places if "/" not in one)
    return HeaderRule("Sample", HeaderStanding(standing), fields_from(rest), networks, domains)


def _hit(given: list[str]) -> Hit:
    return Hit(Standing(given[0]), Subject(given[1]), given[2], given[2], given[3] if len(given) > 3 else "manual")


def _pairs(value: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in value.split())


def _authentication(given: dict[str, str]) -> SenderAuthentication:
    def result(name: str) -> str:
        return given.get(name, "none")

    return SenderAuthentication(
        result("spf"), result("dkim"), result("dmarc"), "exchange", spf_domain=given.get("spf_domain", ""),
        dmarc_policy=given.get("policy", ""), compauth=given.get("compauth", ""),
    )  # fmt: skip
