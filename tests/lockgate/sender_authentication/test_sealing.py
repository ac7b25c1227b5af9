"""Our ARC sets, verified by dkimpy as an independent peer and by ourselves."""

import base64
import hashlib

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from lockgate.mime.stamping import without_headers
from lockgate.model.errors import InvalidInput
from lockgate.model.headers import ALL
from lockgate.sender_authentication import arc, canonical
from lockgate.sender_authentication.arc import ArcResult
from lockgate.sender_authentication.authentication_results import AuthenticationResults, parse
from lockgate.sender_authentication.exchange import first_pass
from lockgate.sender_authentication.keys import PrivateKey, public_record
from lockgate.sender_authentication.sealing import SIGNED, Sealer, new_sealer
from tests.lockgate.sender_authentication.zone import Zone

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORD = public_record(KEY).encode()
ZONE = Zone([("s1._domainkey.gate.example", "TXT", RECORD)])
SEALER = Sealer("gate.example", "s1", KEY, "gw.gate.example")
EXCHANGE = parse(
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was verified)"
    " header.d=example.com;dmarc=pass action=none header.from=example.com;compauth=pass reason=100;arc=none"
)
OURS = b"".join(b"%s: secret\r\n" % name.encode() for name in sorted(ALL))
MESSAGE = OURS + b"From: a@example.com\r\nSubject: one\r\nTo: b@example.org\r\n\r\nHello  there \r\n\r\n\r\n"
NONE = ArcResult("none")


def put_on(content: bytes, chain: ArcResult, results: AuthenticationResults = EXCHANGE) -> bytes:
    """The message with one more set of ours in front."""
    made = SEALER.seal(*canonical.split(content), results, chain, 1000)
    assert made is not None
    return b"".join(made) + content


def peer(content: bytes) -> bytes:
    """What dkimpy says of the chain, asked for the one key that there is."""

    def record(name: bytes, timeout: int = 5) -> bytes | None:
        return RECORD if name.rstrip(b".") == b"s1._domainkey.gate.example" else None

    return bytes(dkimpy.arc_verify(content, dnsfunc=record)[0])


async def test_a_chain_of_ours_holds_for_us_and_for_dkimpy() -> None:
    content = MESSAGE
    for number in range(1, 4):
        content = put_on(content, await arc.evaluate(content, ZONE))
        assert (await arc.evaluate(content, ZONE)) == ArcResult("pass", number, "", ("gate.example",) * number)
        assert peer(content) == b"pass"


async def test_the_set_says_what_exchange_found_and_what_we_found_of_the_chain() -> None:
    content = put_on(MESSAGE, NONE)
    content = put_on(content, await arc.evaluate(content, ZONE))
    fields, _ = canonical.split(content)
    assert [field.name for field in fields[:3]] == ["arc-seal", "arc-message-signature", "arc-authentication-results"]
    assert " cv=pass;" in fields[0].text
    assert fields[2].text == (
        "i=2; gw.gate.example; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was"
        " verified) header.d=example.com; dmarc=pass action=none header.from=example.com; compauth=pass reason=100;"
        " arc=pass (i=1)"
    )
    assert all(len(line) <= 78 for field in fields[:3] for line in field.raw.split(b"\r\n"))


async def test_our_own_fields_may_be_taken_off_and_trace_may_be_added() -> None:
    assert not ALL & set(SIGNED)
    chunks, removed = without_headers(put_on(MESSAGE, NONE), ALL)
    assert removed == len(ALL)
    later = b"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\nAuthentication-Results: x; spf=none\r\n"
    assert peer(later + b"".join(chunks)) == b"pass"


@pytest.mark.parametrize(
    "change",
    [
        (b"Hello", b"Hallo"),
        (b"Subject: one", b"Subject: two"),
        (b"dmarc=pass", b"dmarc=fail"),
        (b"From:", b"From: x\r\nFrom:"),
    ],
    ids=["body", "subject", "results", "second author"],
)
async def test_a_changed_message_breaks_the_chain_and_the_next_seal_says_so(change: tuple[bytes, bytes]) -> None:
    changed = put_on(MESSAGE, NONE).replace(*change, 1)
    assert peer(changed) == b"fail"
    chain = await arc.evaluate(changed, ZONE)
    assert (chain.result, chain.sets, chain.closed, chain.undecided) == ("fail", 1, False, False)
    again = put_on(changed, chain)
    assert b" cv=fail;" in again
    closed = await arc.evaluate(again, ZONE)
    assert (closed.result, closed.closed) == ("fail", True)
    assert SEALER.seal(*canonical.split(again), EXCHANGE, closed, 1000) is None


async def test_a_seal_over_a_failed_chain_covers_its_own_set_alone() -> None:
    broken = put_on(MESSAGE, NONE).replace(b"Hello", b"Hallo")
    made = SEALER.seal(*canonical.split(broken), EXCHANGE, await arc.evaluate(broken, ZONE), 1000)
    assert made is not None
    seal, message, results = made
    data = arc.covered_text([(results, message, seal)])
    tags = canonical.tags(seal.partition(b":")[2]) or {}
    signature = base64.b64decode(canonical.squeezed(tags["b"]))
    KEY.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    assert tags["i"] == "2"


async def test_the_instance_follows_the_highest_even_of_a_broken_chain() -> None:
    odd = b"ARC-Seal: i=7; cv=pass; a=rsa-sha256; d=x.example; s=s; b=AAAA\r\n" + MESSAGE
    chain = await arc.evaluate(odd, ZONE)
    made = SEALER.seal(*canonical.split(odd), EXCHANGE, chain, 1000)
    assert made is not None
    assert all(field.partition(b":")[2].strip().startswith(b"i=8;") for field in made)


@pytest.mark.parametrize(
    "chain", [ArcResult("fail", 1, closed=True), ArcResult("fail", 1, "the DNS", undecided=True)], ids=["closed", "dns"]
)
def test_nothing_is_added_to_a_closed_or_unknown_chain(chain: ArcResult) -> None:
    assert SEALER.seal(*canonical.split(put_on(MESSAGE, NONE)), EXCHANGE, chain, 1000) is None


async def test_the_fiftieth_set_is_the_last() -> None:
    content = b"".join(b"ARC-Seal: i=%d; cv=none\r\n" % number for number in range(1, 50)) + MESSAGE
    assert SEALER.seal(*canonical.split(content), EXCHANGE, ArcResult("fail", 49), 1000) is not None
    content = b"ARC-Seal: i=50; cv=none\r\n" + content
    assert SEALER.seal(*canonical.split(content), EXCHANGE, ArcResult("fail", 50), 1000) is None


def test_results_cannot_end_the_header() -> None:
    forged = AuthenticationResults("", parse('spf=pass (a\r\nBcc: x) smtp.mailfrom="a\r\nBcc: y"').methods)
    assert b"\nBcc" not in put_on(MESSAGE, NONE, forged)


def test_results_are_taken_only_from_above_the_border_that_exchange_drew() -> None:
    inside = "from A.eurprd01.prod.outlook.com (2603:10a6:10::30) by B.eurprd01.prod.outlook.com (2603:10a6:1::2); x"
    border = "from mail.bank.example (203.0.113.9) by A.mail.protection.outlook.com (10.1.2.3); x"
    results = ("authentication-results", "spf=pass (sender IP is 203.0.113.9); dmarc=pass; compauth=pass reason=100")
    found = first_pass([("received", inside), results, ("received", border)])
    assert found is not None and found.first("dmarc")
    assert first_pass([("received", inside), ("received", border), results]) is None
    assert first_pass([results]) is None
    assert first_pass([results, ("received", "from x by mx.other.example; y")]) is None


@given(st.lists(st.sampled_from([b"\r\n", b" ", b"\t", b"x", b"\r", b"long line"]), max_size=40), st.integers(1, 9))
def test_a_body_is_hashed_in_blocks_as_in_one_piece(pieces: list[bytes], block: int) -> None:
    content = b"A: b\r\n\r\n" + b"".join(pieces)
    _, body = canonical.split(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "BLOCK", block)
        assert body.digest(relaxed=True) == hashlib.sha256(body.canonical(relaxed=True)).digest()
    assert body.digest(relaxed=False) == hashlib.sha256(body.canonical(relaxed=False)).digest()
    # A lone CR, and blanks on a last line without end, are read differently by dkimpy; SMTP lets neither through.
    if pieces and content.endswith(b"\r\n") and b"\r" not in content.replace(b"\r\n", b""):
        assert body.canonical(relaxed=True) == dkimpy.canonicalization.Relaxed.canonicalize_body(content[8:])


def pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_sealer_is_made_from_settings_or_says_what_is_wrong() -> None:
    made = new_sealer("Gate.example", "S1", pem(KEY), "gw.gate.example")
    assert (made.domain, made.selector, made.key.private_numbers()) == ("gate.example", "s1", KEY.private_numbers())
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - refused
    for key in (short, ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(InvalidInput, match="2048"):
            new_sealer("gate.example", "s1", pem(key), "gw.gate.example")
    for domain, selector in (("gate.example; cv=pass", "s1"), ("gate.example", "s 1"), ("", "s1")):
        with pytest.raises(InvalidInput, match="DNS"):
            new_sealer(domain, selector, pem(KEY), "gw.gate.example")
