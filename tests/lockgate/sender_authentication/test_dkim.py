"""DKIM: our signatures checked by dkimpy, the public samples, and what must never pass."""

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from lockgate.sender_authentication import dkim
from lockgate.sender_authentication.dkim import Signer
from lockgate.sender_authentication.keys import UnusableKey, public_record, read_key
from tests.lockgate.sender_authentication.zone import SUITES, Zone

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORD = public_record(KEY).encode()
ZONE = Zone([("s._domainkey.example.com", "TXT", RECORD)])
SIGNER = Signer("example.com", "s", KEY)
MESSAGE = b"From: Jane <a@example.com>\r\nSubject: one\r\n two\r\nTo: b@example.org\r\n\r\nHello \t there\r\n\r\n"
SIGNED = dkim.sign_message(MESSAGE, SIGNER, 1000) + MESSAGE


async def results(content: bytes, zone: Zone = ZONE, now: float = 2000.0) -> list[str]:
    return [each.result for each in await dkim.evaluate(content, zone, now)]


async def test_our_signature_holds_for_us_and_for_dkimpy() -> None:
    assert await results(SIGNED) == ["pass"]
    assert dkimpy.verify(SIGNED, dnsfunc=lambda *_args, **_more: RECORD)


async def test_an_ed25519_signature_holds() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    zone = Zone([("e._domainkey.example.com", "TXT", public_record(key).encode())])
    signed = dkim.sign_message(MESSAGE, Signer("example.com", "e", key), 1000) + MESSAGE
    assert await results(signed, zone) == ["pass"]


@pytest.mark.parametrize(
    "changed",
    [
        SIGNED.replace(b"Hello", b"Hallo"),
        SIGNED.replace(b"Subject: one", b"Subject: two"),
        b"From: evil@example.net\r\n" + SIGNED,
        b"Subject: other\r\n" + SIGNED,
        SIGNED + b"more\r\n",
    ],
)
async def test_a_change_breaks_it(changed: bytes) -> None:
    assert await results(changed) == ["fail"]


async def test_what_relaxed_forms_forgive_does_not_break_it() -> None:
    assert await results(SIGNED.replace(b"Hello \t there", b"Hello there  ") + b"\r\n\r\n") == ["pass"]
    assert await results(SIGNED.replace(b"\r\n", b"\n")) == ["pass"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"v=DKIM1; p=", "revoked"),
        (b"v=DKIM2; p=AAAA", "version"),
        (b"v=DKIM1; k=rsa; s=other; p=AAAA", "e-mail"),
        (b"v=DKIM1; k=dsa; p=AAAA", "unknown"),
        (b"v=DKIM1; p=!!", "base64"),
        (b"v=DKIM1", "no key"),
    ],
)
def test_an_unusable_key_says_why(record: bytes, reason: str) -> None:
    key = read_key(record)
    assert isinstance(key, UnusableKey)
    assert reason in key.reason


async def test_a_dns_failure_is_temporary_and_no_key_is_permanent() -> None:
    assert await results(SIGNED, Zone([("s._domainkey.example.com", "TXT", None)])) == ["temperror"]
    assert await results(SIGNED, Zone()) == ["permerror"]


async def test_the_time_of_a_signature_counts() -> None:
    assert await results(SIGNED, now=0.0) == ["permerror"]


async def test_many_signatures_are_not_all_looked_up() -> None:
    signature = dkim.sign_message(MESSAGE, SIGNER, 1000)
    assert len(await dkim.evaluate(signature * 50 + MESSAGE, ZONE, 2000.0)) == dkim.MAX_SIGNATURES


def suite_zone() -> Zone:
    lines = (SUITES / "mail-dkim" / "FAKE_DNS.dat").read_text("latin-1").splitlines()
    pairs = [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]
    return Zone(
        (pair[0], "TXT", None if pair[1] == "~~servfail~~" else pair[1].encode("latin-1"))
        for pair in pairs
        if len(pair) == 2 and pair[1] not in {"NXDOMAIN", "~~nxdomain~~"}
    )


@pytest.mark.skipif(not (SUITES / "mail-dkim").exists(), reason="the suites are not on this machine")
async def test_mail_dkim_nothing_bad_passes_and_only_old_forms_are_refused() -> None:
    zone = suite_zone()
    passed = 0
    for path in sorted((SUITES / "mail-dkim" / "corpus").iterdir()):
        for each in await dkim.evaluate(path.read_bytes(), zone, 1_200_000_000.0):
            if path.name.startswith(("bad", "ignore")):
                assert each.result != "pass", path.name
            if path.name.startswith("good") and each.result != "pass":
                assert any(word in each.reason for word in ("version", "rsa-sha1", "identity")), (path.name, each)
            passed += each.result == "pass"
    assert passed >= 1


def samples() -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted((SUITES / "mail-auth" / "dkim").glob("*.txt"))]


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in samples()])
async def test_samples_that_carry_their_zone_pass(content: bytes) -> None:
    head, _, message = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    records = [line.split(b" ", 1) for line in head.splitlines() if b"v=" in line or b"p=" in line]
    zone = Zone((name.decode(), "TXT", value) for name, value in records)
    found = await dkim.evaluate(message.replace(b"\n", b"\r\n"), zone, 1_700_000_000.0)
    assert found
    assert all(
        each.result == "pass" or "rsa-sha1" in each.reason or "expired" in each.reason or "bits" in each.reason
        for each in found
    ), found
