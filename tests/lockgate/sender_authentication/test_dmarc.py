"""DMARC: alignment, policy discovery, and the whole evaluation as a fact."""

import pytest

from lockgate.mime.parser import parse
from lockgate.sender_authentication import dmarc, evaluation
from tests.lockgate.sender_authentication.zone import Zone

ZONE = Zone(
    [
        ("_dmarc.example.com", "TXT", b"v=DMARC1; p=reject; sp=quarantine"),
        ("_dmarc.strict.example", "TXT", b"v=DMARC1; p=reject; aspf=s; adkim=s"),
        ("_dmarc.twice.example", "TXT", b"v=DMARC1; p=reject"),
        ("_dmarc.twice.example", "TXT", b"v=DMARC1; p=none"),
        ("_dmarc.down.example", "TXT", None),
        ("example.com", "TXT", b"v=spf1 ip4:192.0.2.1 -all"),
    ]
)


@pytest.mark.parametrize(
    ("domain", "spf", "dkim", "result", "policy"),
    [
        ("example.com", ("pass", "mail.example.com"), (), "pass", "reject"),
        ("example.com", ("fail", "example.com"), ("example.com",), "pass", "reject"),
        ("example.com", ("pass", "example.org"), ("example.net",), "fail", "reject"),
        ("a.b.example.com", ("none", ""), (), "fail", "quarantine"),
        ("strict.example", ("pass", "mail.strict.example"), ("m.strict.example",), "fail", "reject"),
        ("strict.example", ("pass", "strict.example"), (), "pass", "reject"),
        ("twice.example", ("none", ""), (), "none", ""),
        ("nothing.example", ("pass", "nothing.example"), (), "none", ""),
        ("down.example", ("none", ""), (), "temperror", ""),
        ("example.com", ("temperror", "example.com"), (), "temperror", "reject"),
    ],
)
async def test_result_and_policy(
    domain: str, spf: tuple[str, str], dkim: tuple[str, ...], result: str, policy: str
) -> None:
    found = await dmarc.evaluate([domain], spf, dkim, ZONE)
    assert (found.result, found.policy) == (result, policy)


async def test_several_authors_cannot_be_judged() -> None:
    assert (await dmarc.evaluate(["a.example", "example.com"], ("pass", "a.example"), (), ZONE)).result == "permerror"
    assert (await dmarc.evaluate([], ("pass", "a.example"), (), ZONE)).result == "permerror"


def test_neighbours_below_a_public_suffix_are_not_aligned() -> None:
    assert not dmarc.aligned("a.co.uk", "b.co.uk", strict=False)
    assert dmarc.aligned("mail.a.co.uk", "a.co.uk", strict=False)


@pytest.mark.parametrize("record", [b"v=spf1 -all", b"p=reject; v=DMARC1", b"v=DMARC1", b"v=DMARC1; p=odd", b"\xff"])
def test_a_record_that_is_none(record: bytes) -> None:
    assert dmarc.read_record(record, "x") is None


async def test_the_evaluation_is_a_fact_with_its_judge() -> None:
    content = b"From: a@example.com\r\n\r\nx\r\n"
    made = await evaluation.evaluate(content, parse(content), "192.0.2.1", "h", "a@example.com", ZONE, 0.0)
    assert (made.fact.spf, made.fact.dkim, made.fact.dmarc, made.fact.judge) == ("pass", "none", "pass", "lockgate")
    assert made.chain.result == "none"
    assert [each.method for each in made.methods] == ["spf", "dkim", "dmarc", "arc"]
