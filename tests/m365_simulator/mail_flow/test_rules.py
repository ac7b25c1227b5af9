"""Conditions, exceptions and actions of mail flow rules, one by one and in order."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from m365_simulator.exchange_admin import organisation
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Envelope, Message, Origin, Recipient, SpamVerdict, Via
from m365_simulator.mail_flow.rules import engine
from m365_simulator.mail_flow.rules.actions import Branch
from m365_simulator.mail_flow.rules.conditions import byte_count
from m365_simulator.seed import CONTOSO, fill
from m365_simulator.settings import Settings
from m365_simulator.world import Group, World

ROBERT, LENA, OUT = "robert.fenwick@contoso.example", "lena.vogel@contoso.example", "eve@prize-draw.example"
CONTENT = (
    b"From: Eve <eve@prize-draw.example>\r\nTo: Robert <robert.fenwick@contoso.example>\r\n"
    b"Cc: cfo@contoso.example\r\nSubject: =?utf-8?q?Rechnung_f=C3=BCr_Sie?=\r\nX-Tag: alpha beta\r\n"
    b"Importance: high\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nPlease transfer the money.\r\n"
    b'--b\r\nContent-Type: application/zip; name="x.ZIP"\r\n\r\nPK\r\n--b--\r\n'
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    built = World()
    fill(built, Settings(tmp_path))
    return built


def _message(*recipients: str, content: bytes = CONTENT, **origin: Any) -> Message:
    named = tuple(Recipient(one, original=one) for one in recipients or (ROBERT,))
    came = Origin(**{"via": Via.MX, "client_ip": "198.51.100.66", **origin})
    sender = ROBERT if came.internal else OUT
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Message(CONTOSO, Envelope(sender, named), content, came, now, verdict=SpamVerdict(scl=6))


def _run(world: World, message: Message, *rules: dict[str, Any]) -> list[Branch]:
    stored = {
        f"r{place}": {"Name": f"r{place}", "Priority": place, "State": "Enabled", "Mode": "Enforce", **rule}
        for place, rule in enumerate(rules)
    }
    world.tenants[CONTOSO].exchange.objects["TransportRule"] = stored
    return engine.run(world, world.tenants[CONTOSO], message)


HIT = {"RouteMessageOutboundConnector": "gw"}
MATCHES: list[dict[str, Any]] = [
    {},
    {"FromScope": "NotInOrganization"},
    {"SentToScope": "InOrganization"},
    {"From": [OUT]},
    {"SenderDomainIs": ["prize-draw.example"]},
    {"SenderDomainIs": ["example"]},
    {"RecipientDomainIs": ["contoso.example", "x.example"]},
    {"SentTo": ["cfo@contoso.example"]},
    {"SentTo": ["Robert Fenwick"]},
    {"SentToMemberOf": ["finance@contoso.example"]},
    {"SentToMemberOf": ["All staff"]},
    {"AnyOfToCcHeader": [ROBERT]},
    {"AnyOfCcHeaderMemberOf": ["Finance"]},
    {"SenderIpRanges": ["198.51.100.0/24"]},
    {"SenderIpRanges": ["198.51.100.60-198.51.100.70"]},
    {"SubjectContainsWords": ["für sie"]},
    {"SubjectMatchesPatterns": [r"^Rech\w+"]},
    {"SubjectOrBodyContainsWords": ["transfer the money"]},
    {"HeaderContainsMessageHeader": "x-tag", "HeaderContainsWords": ["beta"]},
    {"HeaderMatchesMessageHeader": "X-Tag", "HeaderMatchesPatterns": ["^(alpha|old) "]},
    {"SCLOver": "5"},
    {"AttachmentExtensionMatchesWords": ["zip"]},
    {"AttachmentNameMatchesPatterns": [r"^x\."]},
    {"WithImportance": "High"},
    {"MessageSizeOver": "100 B"},
    {"FromAddressContainsWords": ["eve"]},
    {"RecipientAddressMatchesPatterns": ["^robert"]},
]
MISSES: list[dict[str, Any]] = [
    {"FromScope": "InOrganization"},
    {"SentToScope": "NotInOrganization"},
    {"SenderDomainIs": ["draw.example"]},
    {"RecipientDomainIs": ["mail.contoso.example"]},
    {"SentToMemberOf": ["engineering@contoso.example"]},
    {"SentToMemberOf": ["no such group"]},
    {"SenderIpRanges": ["198.51.100.0/27"]},
    {"SubjectContainsWords": ["rech"]},
    {"HeaderContainsMessageHeader": "X-Tag", "HeaderContainsWords": ["alph"]},
    {"HeaderContainsMessageHeader": "X-Other", "HeaderContainsWords": ["alpha"]},
    {"SCLOver": "7"},
    {"MessageSizeOver": "10 MB"},
    {"MessageTypeMatches": "OOF"},
    {"AttachmentHasExecutableContent": True},  # beyond the simulation: never matches
    {"SentToScope": "InOrganization", "SCLOver": "9"},
]


@pytest.mark.parametrize("condition", MATCHES, ids=str)
def test_a_condition_that_holds_routes_and_as_exception_spares(world: World, condition: dict[str, Any]) -> None:
    [branch] = _run(world, _message(), {**condition, **HIT})
    assert branch.fate.connector == "gw"
    if condition:
        excepted = {f"ExceptIf{name}": value for name, value in condition.items()}
        [spared] = _run(world, _message(), {**excepted, **HIT})
        assert spared.fate.connector == ""


@pytest.mark.parametrize("condition", MISSES, ids=str)
def test_a_condition_that_does_not_hold_does_nothing(world: World, condition: dict[str, Any]) -> None:
    [branch] = _run(world, _message(), {**condition, **HIT})
    assert branch.fate.connector == ""


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("Calendaring", b"Content-Type: text/calendar; method=REQUEST"),
        ("Encrypted", b'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"'),
        ("Signed", b'Content-Type: multipart/signed; boundary="q"'),
        ("ReadReceipt", b'Content-Type: multipart/report; report-type="disposition-notification"; boundary="q"'),
    ],
)
def test_message_types_are_told_from_their_mime_types(world: World, kind: str, head: bytes) -> None:
    typed = _message(content=b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + head + b"\r\n\r\nx\r\n")
    [branch] = _run(world, typed, {"MessageTypeMatches": kind, **HIT})
    [other] = _run(world, _message(), {"MessageTypeMatches": kind, **HIT})
    assert (branch.fate.connector, other.fate.connector) == ("gw", "")


def test_own_domain_without_authentication_is_outside_unless_the_switch_says_otherwise(world: World) -> None:
    spoofed = _message(content=CONTENT.replace(OUT.encode(), ROBERT.encode()))
    rule = {"FromScope": "InOrganization", **HIT}
    [outside] = _run(world, spoofed, rule)
    world.switches["unauthenticated_own_domain"] = "InOrganization"
    [inside] = _run(world, spoofed, rule)
    assert (outside.fate.connector, inside.fate.connector) == ("", "gw")


def test_own_user_is_inside(world: World) -> None:
    own = _message(OUT, content=CONTENT.replace(OUT.encode(), ROBERT.encode()), internal=True)
    rule = {
        "FromScope": "InOrganization",
        "SentToScope": "NotInOrganization",
        "FromMemberOf": ["finance@contoso.example"],
    }
    [branch] = _run(world, own, {**rule, **HIT})
    assert branch.fate.connector == "gw"


def test_a_message_splits_and_each_half_meets_the_later_rules(world: World) -> None:
    branches = _run(
        world,
        _message(ROBERT, LENA, OUT),
        {"SentToMemberOf": ["finance@contoso.example"], "SetHeaderName": "X-F", "SetHeaderValue": "1"},
        {"SentToScope": "InOrganization", **HIT},
    )
    told = sorted(
        (b.message.addresses, b.fate.connector, HeaderBlock(b.message.content).first("X-F")) for b in branches
    )
    assert told == [([OUT], "", ""), ([LENA], "gw", ""), ([ROBERT], "gw", "1")]
    assert len({branch.message.network_message_id for branch in branches}) == 3


def test_rules_run_by_priority_and_stop_when_told(world: World) -> None:
    first = {"PrependSubject": "[1] ", "StopRuleProcessing": True}
    [stopped] = _run(world, _message(), first, {"PrependSubject": "[2] "})
    [both] = _run(world, _message(), {"PrependSubject": "[1] "}, {"PrependSubject": "[2] "})
    assert HeaderBlock(stopped.message.content).decoded("Subject") == ["[1] Rechnung für Sie"]
    assert HeaderBlock(both.message.content).decoded("Subject") == ["[2] [1] Rechnung für Sie"]
    assert both.applied == ("r0", "r1")


@pytest.mark.parametrize("off", [{"Mode": "Audit"}, {"State": "Disabled"}])
def test_audit_mode_and_disabled_rules_do_nothing(world: World, off: dict[str, Any]) -> None:
    [branch] = _run(world, _message(), {**HIT, **off})
    assert branch.applied == ()


def test_actions_on_headers_recipients_and_fate(world: World) -> None:
    [branch] = _run(
        world,
        _message(),
        {"RemoveHeader": "X-Tag", "SetHeaderName": "Importance", "SetHeaderValue": "low", "SetSCL": 9,
         "BlindCopyTo": [LENA]},
        {"RejectMessageEnhancedStatusCode": "5.7.900", "RejectMessageReasonText": "Not wanted"},
    )  # fmt: skip
    block = HeaderBlock(branch.message.content)
    assert (block.all("X-Tag"), block.all("Importance")) == ([], ["low"])
    assert (branch.message.verdict.scl, branch.message.verdict.sfv) == (9, "SKS")
    assert branch.message.addresses == [ROBERT, LENA]
    assert branch.fate.rejection == "550 5.7.900 TRANSPORT.RULES.RejectMessage; Not wanted"
    [redirected] = _run(world, _message(), {"RedirectMessageTo": [LENA]}, {"Quarantine": True})
    assert redirected.message.addresses == [LENA]
    assert redirected.fate.quarantined_by == "r1"
    [deleted] = _run(world, _message(), {"DeleteMessage": True}, HIT)
    assert (deleted.fate.deleted_by, deleted.fate.connector) == ("r0", "")


def test_a_disclaimer_goes_into_a_plain_message_and_leaves_structured_ones_alone(world: World) -> None:
    rule = {"ApplyHtmlDisclaimerText": "<p>Careful</p>", "ApplyHtmlDisclaimerLocation": "Prepend"}
    [plain] = _run(world, _message(content=b"From: a@b.example\r\n\r\nHello\r\n"), rule)
    [structured] = _run(world, _message(), rule)
    assert plain.message.content.endswith(b"\r\n\r\nCareful\r\nHello\r\n")
    assert structured.message.content == CONTENT


def test_a_broken_pattern_is_ignored_or_defers_as_the_rule_says(world: World) -> None:
    broken = {"SubjectMatchesPatterns": ["("], **HIT}
    [branch] = _run(world, _message(), broken)
    assert branch.fate.connector == ""
    with pytest.raises(engine.RuleDeferralError):
        _run(world, _message(), {**broken, "RuleErrorAction": "Defer"})


def test_groups_that_contain_each_other_end(world: World) -> None:
    tenant = world.tenants[CONTOSO]
    one, two = Group("one", "one@contoso.example"), Group("two", "two@contoso.example")
    robert = tenant.user_by_address(ROBERT)
    assert robert is not None
    one.members, two.members = [two.id], [one.id, robert.id]
    tenant.groups.update({one.id: one, two.id: two})
    [branch] = _run(world, _message(), {"SentToMemberOf": ["one@contoso.example"], **HIT})
    assert branch.fate.connector == "gw"


@pytest.mark.parametrize(
    ("text", "size"), [("10 MB", 10485760), ("1.5KB", 1536), ("25 MB (26,214,400 bytes)", 26214400), ("7", 7), ("x", 0)]
)
def test_sizes_are_read_as_exchange_writes_them(text: str, size: int) -> None:
    assert byte_count(text) == size


def test_every_condition_that_exchange_knows_is_judged_or_named(world: World) -> None:
    from m365_simulator.mail_flow.rules import conditions

    [rule] = _rules(world, {"AttachmentIsPasswordProtected": True, "ExceptIfHasSenderOverride": True})
    assert conditions.unjudged(rule) == ["AttachmentIsPasswordProtected", "HasSenderOverride"]


def _rules(world: World, *rules: dict[str, Any]) -> list[organisation.TransportRuleView]:
    _run(world, _message(), *rules)
    return organisation.transport_rules(world.tenants[CONTOSO])
