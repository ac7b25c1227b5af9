"""Only a message that proves to be from a tenant of ours, on its way through us, is let in."""

import pytest

from lockgate.gateway.arrival import PeerFacts, Proof, Refusal
from lockgate.gateway.tenant_proof import TenantDoor
from lockgate.mime.headers import scan
from lockgate.model.envelope import Direction, Envelope, Recipient
from tests.lockgate.gateway.stand_ins import PEER, TENANT_ID, OneTenant

DOOR = TenantDoor(OneTenant(), ("mail.protection.outlook.com",), 100)
TO_US = Envelope("a@outside.example", (Recipient("b@contoso.example"),))
FROM_US = Envelope("b@contoso.example", (Recipient("a@outside.example"),))
CROSS = f"X-MS-Exchange-CrossTenant-Id: {TENANT_ID.upper()}\r\n"
INTERNAL = "X-MS-Exchange-CrossTenant-AuthAs: Internal\r\n"
IN = "X-Lockgate-Route-In: route-in-new\r\n"
OUT = "X-Lockgate-Route-Out: route-out\r\n"


def prove(header: str, envelope: Envelope = TO_US) -> Proof | Refusal:
    return DOOR.prove(scan(header.encode() + b"\r\nbody\r\n"), envelope)


def refusal(header: str, envelope: Envelope = TO_US) -> Refusal:
    result = prove(header, envelope)
    assert isinstance(result, Refusal)
    return result


@pytest.mark.parametrize("secret", ["route-in-new", "route-in-old"])
def test_both_secrets_of_a_rotation_prove_inbound_mail(secret: str) -> None:
    result = prove(CROSS + f"X-Lockgate-Route-In: {secret}\r\n")
    assert isinstance(result, Proof)
    assert result.direction is Direction.INBOUND


def test_mail_of_the_tenants_own_users_proves_outbound() -> None:
    result = prove(CROSS + INTERNAL + OUT, FROM_US)
    assert isinstance(result, Proof)
    assert result.direction is Direction.OUTBOUND


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (IN, "0 cross-tenant ids"),
        (CROSS + CROSS + IN, "2 cross-tenant ids"),
        ("X-MS-Exchange-CrossTenant-Id: 99999999-2222-4333-8444-555555555555\r\n" + IN, "not protected here"),
        (CROSS, "no route header"),
        (CROSS + "X-Lockgate-Route-In: guessed\r\n", "wrong secret"),
        (CROSS + IN + OUT, "both directions"),
    ],
)
def test_a_missing_proof_is_final(header: str, cause: str) -> None:
    result = refusal(header)
    assert (result.code, result.enhanced) == (550, "5.7.1")
    assert cause in result.cause


def test_a_recipient_of_another_domain_is_refused() -> None:
    result = refusal(CROSS + IN, Envelope("a@outside.example", (Recipient("b@elsewhere.example"),)))
    assert result.code == 550
    assert "recipient domain" in result.cause


def test_subdomains_count_only_where_exchange_says_so() -> None:
    assert isinstance(prove(CROSS + IN, Envelope("", (Recipient("b@x.sub.example"),))), Proof)
    assert isinstance(prove(CROSS + IN, Envelope("", (Recipient("b@x.contoso.example"),))), Refusal)


def test_anonymous_mail_is_not_outbound_mail() -> None:
    anonymous = "X-MS-Exchange-CrossTenant-AuthAs: Anonymous\r\n"
    assert "authenticated as internal" in refusal(CROSS + anonymous + OUT, FROM_US).cause


def test_a_foreign_sender_is_not_relayed_outbound() -> None:
    foreign = Envelope("x@elsewhere.example", (Recipient("a@outside.example"),))
    assert "sender domain" in refusal(CROSS + INTERNAL + OUT, foreign).cause


def test_the_null_sender_may_go_out() -> None:
    assert isinstance(prove(CROSS + INTERNAL + OUT, Envelope("", (Recipient("a@outside.example"),))), Proof)


@pytest.mark.parametrize("mark", ["X-Lockgate-Return-In: return-in\r\n", "Received: x\r\n" * 101])
def test_a_loop_is_broken(mark: str) -> None:
    result = refusal(CROSS + IN + mark)
    assert (result.code, result.enhanced) == (554, "5.4.6")


def test_a_message_forwarded_out_after_it_came_in_is_no_loop() -> None:
    header = CROSS + INTERNAL + OUT + "X-Lockgate-Return-In: return-in\r\n"
    assert isinstance(prove(header, FROM_US), Proof)


@pytest.mark.parametrize("names", [(), ("mail.attacker.example",), ("xmail.protection.outlook.com",)])
def test_a_host_without_exchanges_certificate_may_not_speak_of_mail(names: tuple[str, ...]) -> None:
    assert DOOR.refuses_peer(PeerFacts("192.0.2.1", "mail.protection.outlook.com", names)) is not None


def test_exchanges_certificate_opens_the_door() -> None:
    assert DOOR.refuses_peer(PEER) is None


def test_addresses_of_nobody_here_are_refused_early() -> None:
    assert DOOR.refuses_address("a@outside.example", "b@elsewhere.example") is not None
    assert DOOR.refuses_address("a@outside.example", "b@contoso.example") is None
    assert DOOR.refuses_address("b@contoso.example", "a@outside.example") is None
