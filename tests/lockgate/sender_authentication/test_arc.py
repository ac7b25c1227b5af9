"""ARC: the public validation suite, and our own seals verified by us and by dkimpy."""

from typing import Any

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockgate.model.errors import InvalidInput
from lockgate.sender_authentication import arc, dkim
from lockgate.sender_authentication.dkim import Signer
from lockgate.sender_authentication.keys import load_private_key, public_record
from tests.lockgate.sender_authentication.zone import SUITES, Zone

yaml = pytest.importorskip("yaml")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORD = public_record(KEY).encode()
ZONE = Zone([("s1._domainkey.gate.example", "TXT", RECORD)])
SEALER = Signer("gate.example", "s1", KEY)
MESSAGE = b"From: a@example.com\r\nSubject: one\r\nTo: b@example.org\r\n\r\nHello  there \r\n\r\n\r\n"


# Also told in docs/standards.md. The suite is of a draft; RFC 8617 was published later.
_CLOSED = "the draft gave no result for a chain that says cv=fail; RFC 8617 §5.2 step 2 says fail"
DEVIATIONS = {
    "cv_fail_i1_as_cv_fail": _CLOSED,
    "cv_fail_i2_as2_fail": _CLOSED,
    "cv_fail_i2_as1_fail": _CLOSED,
    "ams_fields_c_na": "the draft took relaxed for an absent c=; RFC 6376 §3.5 says simple/simple",
    "ams_fields_h_empty": "RFC 6376 §3.5 demands a list of fields in h=",
}


def cases() -> list[Any]:
    path = SUITES / "arc_test_suite" / "arc-draft-validation-tests.yml"
    made = []
    for scenario in yaml.safe_load_all(path.read_text("utf-8")) if path.exists() else []:
        records = scenario.get("txt-records") or {}
        zone = Zone((name, "TXT", str(value).encode()) for name, value in records.items())
        for name, test in scenario["tests"].items():
            marks = [pytest.mark.xfail(reason=DEVIATIONS[name], strict=True)] if name in DEVIATIONS else []
            made.append(pytest.param(zone, test, id=name, marks=marks))
    return made


@pytest.mark.parametrize(("zone", "test"), cases())
async def test_the_public_validation_suite(zone: Zone, test: dict[str, Any]) -> None:
    content = test["message"].replace("\n", "\r\n").encode("utf-8")
    result = await arc.evaluate(content, zone)
    assert result.result == str(test["cv"] or "none").lower(), result.reason


async def test_a_chain_of_ours_holds_for_us_and_for_dkimpy() -> None:
    content = MESSAGE
    for number in range(1, 4):
        chain = await arc.evaluate(content, ZONE)
        content = b"".join(arc.seal([content], SEALER, "gate.example", "spf=pass; dkim=none", chain, 1000)) + content
        assert (await arc.evaluate(content, ZONE)) == arc.ArcResult("pass", number, "", ("gate.example",) * number)
        cv, _, reason = dkimpy.arc_verify(content, dnsfunc=lambda *_args, **_more: RECORD)
        assert cv == b"pass", reason


async def test_a_changed_message_breaks_the_chain_and_the_next_seal_says_so() -> None:
    sealed = b"".join(arc.seal([MESSAGE], SEALER, "gate.example", "spf=pass", arc.ArcResult("none"), 1000)) + MESSAGE
    changed = sealed.replace(b"Hello", b"Hallo")
    chain = await arc.evaluate(changed, ZONE)
    assert (chain.result, chain.sets) == ("fail", 1)
    again = b"".join(arc.seal([changed], SEALER, "gate.example", "spf=pass", chain, 1000)) + changed
    closed = await arc.evaluate(again, ZONE)
    assert (closed.result, closed.closed) == ("fail", True)
    assert arc.seal([again], SEALER, "gate.example", "spf=pass", closed, 1000) == []


async def test_an_added_from_breaks_our_seal() -> None:
    sealed = b"".join(arc.seal([MESSAGE], SEALER, "gate.example", "spf=pass", arc.ArcResult("none"), 1000)) + MESSAGE
    assert (await arc.evaluate(b"From: evil@example.net\r\n" + sealed, ZONE)).result == "fail"


async def test_ed25519_seals_hold() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    zone = Zone([("e._domainkey.gate.example", "TXT", public_record(key).encode())])
    fields = arc.seal([MESSAGE], Signer("gate.example", "e", key), "gate.example", "none", arc.ArcResult("none"), 1)
    assert (await arc.evaluate(b"".join(fields) + MESSAGE, zone)).result == "pass"


def test_results_that_would_break_the_header_are_refused() -> None:
    with pytest.raises(InvalidInput):
        arc.seal([MESSAGE], SEALER, "gate.example", "spf=pass\r\nBcc: x", arc.ArcResult("none"), 1)


def test_seal_lines_are_short() -> None:
    fields = arc.seal([MESSAGE], SEALER, "gate.example", "spf=pass", arc.ArcResult("none"), 1000)
    assert [field.partition(b":")[0] for field in fields] == [
        b"ARC-Seal",
        b"ARC-Message-Signature",
        b"ARC-Authentication-Results",
    ]
    assert all(len(line) <= 78 for field in fields for line in field.split(b"\r\n"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=1500))
async def test_any_bytes_can_be_evaluated(content: bytes) -> None:
    await arc.evaluate(b"ARC-Seal: i=1; " + content, ZONE)
    await dkim.evaluate(b"DKIM-Signature: v=1; " + content, ZONE, 1000.0)


def test_a_key_is_read_from_pem_and_a_wrong_one_is_refused() -> None:
    pem = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert isinstance(load_private_key(pem), rsa.RSAPrivateKey)
    with pytest.raises(InvalidInput):
        load_private_key(b"no key")
